import {
  type DigestedData,
  type PublicKeyForm,
  type SignatureFileVerification,
  type VerifySignatureFileOptions,
  type VerifySignatureOptions,
  verifySignatureFile as verifyFileOn,
  verifySignature as verifyOn,
} from '@kms/core'
import { nodeWebCrypto } from '../backend.ts'
import { createNativePrimitives } from '../crypto/native-primitives.ts'

/** `verifySignature` of @kms/core on the WebCrypto object for Node: the same Ed25519 on every release. Throws as that does. */
export function verifySignature(
  publicKey: PublicKeyForm,
  signature: Uint8Array,
  data: Uint8Array | string,
  options: VerifySignatureOptions = {},
): Promise<void> {
  return verifyOn(publicKey, signature, data, { crypto: nodeWebCrypto(), ...options })
}

/** `verifySignatureFile` of @kms/core on node:crypto and the WebCrypto object for Node. Throws as that does. */
export function verifySignatureFile(
  publicKey: PublicKeyForm,
  file: string,
  data: DigestedData,
  options: Partial<VerifySignatureFileOptions> = {},
): Promise<SignatureFileVerification> {
  return verifyFileOn(publicKey, file, data, {
    primitives: createNativePrimitives(),
    crypto: nodeWebCrypto(),
    ...options,
  })
}
