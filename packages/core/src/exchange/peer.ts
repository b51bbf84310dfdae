import type { Primitives } from '../crypto/primitives.ts'
import { signerFingerprint, type VerificationKey } from '../crypto/verification-key.ts'
import { sameBytes, toHex } from '../encoding/bytes.ts'
import { readVerificationKey, type VerificationKeyForm } from '../public-keys/verification-key-forms.ts'
import { invalidArgument } from '../refusals.ts'

/** Who the other side has proved to be. */
export interface Peer extends VerificationKey {
  /** `SHA-256(SubjectPublicKeyInfo)[0..16]`, as of signers elsewhere. */
  readonly fingerprint: Uint8Array
  /** What it sent to speak for its key, at most 16,384 bytes; empty if nothing. Nobody has looked at it yet. */
  readonly evidence: Uint8Array
}

/**
 * Says whether a peer is one that is meant. It is asked once in an exchange, when the peer's signature and mac are checked: the peer
 * has the private half of `publicKey`, and knows the keys of this exchange. Whose key it is, is for the check to say.
 *
 * A check by certificates takes the chain from `evidence`, verifies it up to authorities of its own, with validity, usage and name, and
 * compares the certificate's public key with `publicKey`: the evidence is the peer's word alone until then.
 *
 * @returns whether to go on; false ends the exchange with `authentication-failed`, and so does nothing else. What it throws passes on.
 */
export type PeerCheck = (peer: Peer) => boolean | Promise<boolean>

/**
 * Accepts the one peer whose key has this fingerprint.
 * @param fingerprint 16 bytes, or 32 hexadecimal digits
 * @throws `invalid-argument`
 */
export function peerWithFingerprint(fingerprint: Uint8Array | string): PeerCheck {
  const digits = typeof fingerprint === 'string' ? fingerprint.toLowerCase() : toHex(fingerprint)
  if (!/^[0-9a-f]{32}$/.test(digits)) {
    throw invalidArgument('A fingerprint has 16 bytes, or 32 hexadecimal digits. kms public prints it.')
  }
  return (peer) => toHex(peer.fingerprint) === digits
}

/**
 * Accepts the peers that hold one of these keys.
 * @param keys one or more, in any form; none would accept nobody, and is refused
 * @throws `invalid-argument` for a form that is no public key; `unsupported` for another algorithm
 */
export function peerAmong(keys: readonly VerificationKeyForm[], parts: { readonly primitives: Primitives }): PeerCheck {
  if (!Array.isArray(keys) || keys.length === 0) throw invalidArgument('Give the keys of those who are accepted.')
  const accepted = keys.map((key) => readVerificationKey(key, parts))
  return (peer) =>
    accepted.some(({ algorithm, publicKey }) => algorithm === peer.algorithm && sameBytes(publicKey, peer.publicKey))
}

/** @param key checked already */
export function peerOf(key: VerificationKey, evidence: Uint8Array, primitives: Primitives): Peer {
  const { algorithm, publicKey } = key
  return {
    algorithm,
    publicKey: publicKey.slice(),
    fingerprint: signerFingerprint(key, primitives),
    evidence: evidence.slice(),
  }
}
