import type { SignatureAlgorithm } from '../crypto/signature-algorithms.ts'
import type { Signer } from '../crypto/signing.ts'
import { DerReader, tags } from '../encoding/der.ts'
import { KmsError } from '../errors.ts'

/** The specs whose keys sign messages, by what these call them. */
const algorithms: Readonly<Record<string, SignatureAlgorithm>> = { ed25519: 'Ed25519', 'p-256': 'P-256' }

/**
 * A signer of messages.
 * @param spki the key's public half
 * @throws `unsupported` for specs whose signatures messages do not carry
 */
export function signerOf(spec: string, spki: Uint8Array, sign: Signer['sign']): Signer {
  const algorithm = Object.hasOwn(algorithms, spec) ? algorithms[spec] : undefined
  if (algorithm === undefined) {
    throw new KmsError('unsupported', `Messages are signed with keys of ed25519 or p-256, not of ${spec}.`)
  }
  return { algorithm, publicKey: rawPublicKey(spki), sign }
}

/** The key itself in a SubjectPublicKeyInfo of a curve: RFC 8410's bytes, or the point. @throws `invalid-argument` */
function rawPublicKey(spki: Uint8Array): Uint8Array {
  const info = new DerReader(new DerReader(spki).read(tags.sequence))
  info.read(tags.sequence)
  return info.read(tags.bitString).slice(1)
}
