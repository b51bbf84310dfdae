import { createDiffieHellman, type DiffieHellman } from 'node:crypto'
import { KmsError, Secret } from '@kms/core'
import type { DiffieHellmanKey } from '@kms/core/hazmat'
import { type FfdheGroup, ffdheGroups, ffdhePrime } from './ffdhe-groups.ts'

export type { FfdheGroup } from './ffdhe-groups.ts'

/**
 * One half of a finite-field Diffie–Hellman exchange in a group of RFC 7919, over node:crypto, for `diffieHellman` of `@kms/core/hazmat`, with its
 * warning: nobody is authenticated. For systems that have nothing else. Status: acceptable (NIST SP 800-56A allows these groups; 2048 bits are 112 of
 * strength, 3072 are 128); but an exchange takes 1 to 20 ms on the thread that asks, and public keys are 256 to 1,024 bytes. Otherwise take `EcdhKey`.
 */
export class FfdheKey implements DiffieHellmanKey {
  readonly group: FfdheGroup
  /** Big-endian, of the prime's length (RFC 8446 §4.2.8.1). */
  readonly publicKey: Uint8Array
  readonly #key: DiffieHellman

  private constructor(group: FfdheGroup, key: DiffieHellman) {
    this.group = group
    this.publicKey = padded(key.getPublicKey(), lengthOf(group))
    this.#key = key
  }

  /**
   * A new key pair, for one exchange (RFC 7919 §5.1). OpenSSL picks an exponent of the length that suits the group (§5.2: 225 to 400 bits).
   * @throws `invalid-argument` for another group
   */
  static generate(group: FfdheGroup): FfdheKey {
    if (!ffdheGroups.includes(group)) {
      throw new KmsError('invalid-argument', `There is no group ${String(group)} here: ${ffdheGroups.join(', ')}.`)
    }
    const key = createDiffieHellman(bytesOf(ffdhePrime(group)), 2)
    key.generateKeys()
    return new FfdheKey(group, key)
  }

  /**
   * The shared secret, raw, padded with zeros to the prime's length (RFC 8446 §7.4.1). Derive keys from it.
   * @param publicKey the other side's, of the prime's length; checked to be of the subgroup of order q, and neither 1 nor p − 1 (SP 800-56A §5.6.2.3.1)
   * @returns 256 to 1,024 bytes, the caller's to wipe
   * @throws `invalid-argument`
   */
  async sharedSecret(publicKey: Uint8Array): Promise<Secret> {
    checkPublicKey(this.group, publicKey)
    const computed = this.#key.computeSecret(publicKey)
    try {
      return Secret.take(padded(computed, lengthOf(this.group)))
    } finally {
      computed.fill(0)
    }
  }
}

/** Bytes of a group's prime. */
const lengthOf = (group: FfdheGroup): number => Number(group.slice('ffdhe'.length)) / 8

function checkPublicKey(group: FfdheGroup, publicKey: Uint8Array): void {
  const length = lengthOf(group)
  if (!(publicKey instanceof Uint8Array) || publicKey.length !== length) {
    throw new KmsError('invalid-argument', `A public key of ${group} has ${length} bytes.`)
  }
  const p = ffdhePrime(group)
  const y = BigInt(`0x${Buffer.from(publicKey).toString('hex')}`)
  // p is a safe prime: the subgroup of order q is that of the squares.
  if (y <= 1n || y >= p - 1n || !isSquare(y, p)) {
    throw new KmsError('invalid-argument', `The public key is not one of ${group}, or gives its secret away.`)
  }
}

/**
 * Whether y, 0 < y < p, is a square modulo the prime p: y^((p−1)/2) = 1 by Euler, computed as a Jacobi symbol. Public data, so the time it
 * takes may tell.
 */
function isSquare(y: bigint, p: bigint): boolean {
  let [a, n, sign] = [y, p, 1]
  while (a !== 0n) {
    while ((a & 1n) === 0n) {
      a >>= 1n
      const residue = n & 7n
      if (residue === 3n || residue === 5n) sign = -sign
    }
    ;[a, n] = [n, a]
    if ((a & 3n) === 3n && (n & 3n) === 3n) sign = -sign
    a %= n
  }
  return sign === 1
}

function bytesOf(integer: bigint): Uint8Array {
  return Buffer.from(integer.toString(16), 'hex')
}

/** In a buffer of its own, with zeros before it. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(new ArrayBuffer(length))
  result.set(bytes, length - bytes.length)
  return result
}
