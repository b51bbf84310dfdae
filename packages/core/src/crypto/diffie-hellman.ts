import { invalidArgument, requireBytes } from '../refusals.ts'
import { Secret } from '../secret.ts'
import type { Hash, Primitives } from './primitives.ts'

/** One half of a Diffie–Hellman exchange: `EcdhKey`, or `FfdheKey` of `@kms/node/hazmat`. */
export interface DiffieHellmanKey {
  /** Raw, for the other side. */
  readonly publicKey: Uint8Array
  /**
   * The shared secret, raw: not uniform, so derive keys from it, and never use it as one.
   * @param publicKey the other side's; every one is checked
   * @returns the caller's to wipe @throws `invalid-argument` for what is no public key, or a weak one
   */
  sharedSecret(publicKey: Uint8Array): Promise<Secret>
}

export interface DiffieHellmanOptions {
  /** What the secret is for, bound into it: HKDF's `info`. Both sides give the same. */
  readonly info: Uint8Array
  /** Bytes, 16 to 255 lengths of the hash. */
  readonly length: number
  /** HKDF's hash; SHA-512 unless given. */
  readonly hash?: Hash
  readonly primitives: Primitives
}

/**
 * Plain Diffie–Hellman: `HKDF(shared secret, no salt, info, length)`, RFC 5869.
 *
 * **Nobody is authenticated.** Whoever stands between the two sides can agree on one secret with each and pass everything on. The public
 * keys are not bound into the secret: if that matters, put both into `info`. Unless you build a protocol of your own, use `@kms/core/exchange`.
 *
 * @param own this side's key; fresh for each exchange, or what was agreed opens to whoever takes the key later
 * @param publicKey the other side's, raw
 * @returns `length` bytes, the caller's to wipe
 * @throws `invalid-argument` for a public key that is none or a weak one, and for lengths that HKDF has not
 */
export async function diffieHellman(
  own: DiffieHellmanKey,
  publicKey: Uint8Array,
  options: DiffieHellmanOptions,
): Promise<Secret> {
  const { info, length, hash = 'SHA-512', primitives } = options
  requireBytes(info, 'info')
  if (!Number.isInteger(length) || length < 16) throw invalidArgument('A secret has 16 bytes or more.')
  const shared = await own.sharedSecret(publicKey)
  try {
    return Secret.take(primitives.hkdf(hash, shared.reveal(), new Uint8Array(0), info, length))
  } finally {
    shared.wipe()
  }
}
