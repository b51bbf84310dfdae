import { invalidArgument } from '../envelope/refusals.ts'
import { DerReader, tags } from '../public-keys/der.ts'
import { Secret } from '../secret.ts'

/**
 * The private key itself in a PKCS#8 PrivateKeyInfo (RFC 5958 §2) of a curve, as HPKE serialises it: RFC 8410 §7 for X25519, RFC 5915 §3 for P-256. A copy,
 * the caller's to wipe.
 * @throws `invalid-argument`
 */
export function rawPrivateKey(pkcs8: Secret, spec: 'x25519' | 'p-256'): Secret {
  const info = new DerReader(new DerReader(pkcs8.reveal()).read(tags.sequence))
  info.read(tags.integer)
  info.read(tags.sequence)
  const inner = new DerReader(info.read(tags.octetString))
  if (spec === 'x25519') return checked(inner.read(tags.octetString))
  const key = new DerReader(inner.read(tags.sequence))
  key.read(tags.integer)
  return checked(key.read(tags.octetString))
}

function checked(bytes: Uint8Array): Secret {
  if (bytes.length !== 32) throw invalidArgument('The private key is not of the length that its curve has.')
  return Secret.copy(bytes)
}
