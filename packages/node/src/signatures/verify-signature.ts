import { type PublicKeyForm, type VerifySignatureOptions, verifySignature as verifyOn } from '@kms/core'
import { nodeWebCrypto } from '../backend.ts'

/** `verifySignature` of @kms/core on the WebCrypto object for Node: the same Ed25519 on every release. Throws as that does. */
export function verifySignature(
  publicKey: PublicKeyForm,
  signature: Uint8Array,
  data: Uint8Array | string,
  options: VerifySignatureOptions = {},
): Promise<void> {
  return verifyOn(publicKey, signature, data, { crypto: nodeWebCrypto(), ...options })
}
