import { KmsError } from '../errors.ts'
import type { Kdf } from './recipient-layouts.ts'

/**
 * How much work an envelope may ask of whoever opens it with a password. Checked for the first four password recipients
 * before anything is derived (envelope v1 §Mode 2). They can be lowered; of PBKDF2 raised too. scrypt and Argon2id are computed up
 * to `openLimits` and no further, whatever is given here.
 */
export interface OpenLimits {
  readonly pbkdf2Iterations: number
  /** 128·N·r, bytes. */
  readonly scryptMemory: number
  readonly scryptP: number
  /** N·r·p. */
  readonly scryptWork: number
  /** KiB. */
  readonly argon2Memory: number
  /** Memory in KiB times passes. */
  readonly argon2Work: number
  readonly argon2Lanes: number
}

/** What openers accept unless told otherwise. */
export const openLimits: OpenLimits = {
  pbkdf2Iterations: 10_000_000,
  scryptMemory: 2 ** 30,
  scryptP: 16,
  scryptWork: 2 ** 24,
  argon2Memory: 2 ** 20,
  argon2Work: 4 * 2 ** 20,
  argon2Lanes: 16,
}

/** Bytes of a message that is only ever opened whole, by default: 64 MiB (envelope v1, mode 1 and content 5). */
export const wholeMessageLimit: number = 64 * 2 ** 20

/** Password recipients that are tried, and that a writer may make. */
export const passwordRecipientLimit = 4

/** What can be computed here at most, whoever allows it. */
const computable: OpenLimits = { ...openLimits, pbkdf2Iterations: 2 ** 31 - 1 }

/** @throws `limit-exceeded`, naming the limit to raise, where that helps */
export function checkWork(kdf: Kdf, limits: OpenLimits): void {
  for (const [limit, asked] of work(kdf)) {
    if (asked > limits[limit]) {
      const todo =
        asked > computable[limit]
          ? `No limit helps: ${computable[limit]} is the most that this release computes. Have it sealed anew with less.`
          : `Raise the limit ${limit} if you trust where the envelope comes from.`
      throw new KmsError(
        'limit-exceeded',
        `The envelope asks for more work than allowed: ${kdf.name}, ${limit} ${asked} is over ${limits[limit]}. ${todo}`,
      )
    }
  }
}

/** What a kdf's parameters come to, by limit. */
export function work(kdf: Kdf): readonly (readonly [keyof OpenLimits, number])[] {
  switch (kdf.name) {
    case 'PBKDF2-HMAC-SHA-256':
      return [['pbkdf2Iterations', kdf.iterations]]
    case 'scrypt': {
      const n = 2 ** kdf.log2N
      return [
        ['scryptMemory', 128 * n * kdf.r],
        ['scryptP', kdf.p],
        ['scryptWork', n * kdf.r * kdf.p],
      ]
    }
    case 'Argon2id':
      return [
        ['argon2Memory', kdf.memory],
        ['argon2Work', kdf.memory * kdf.passes],
        ['argon2Lanes', kdf.lanes],
      ]
    case 'unknown':
      return []
  }
}
