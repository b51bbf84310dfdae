import { KmsError } from '../../errors.ts'
import type { Hash } from '../primitives.ts'

export interface HashEntry {
  /** The number by which the module knows it. */
  readonly id: number
  /** Bytes of its digest and of its block (FIPS 180-4 figure 1). */
  readonly length: number
  readonly block: number
}

const hashes: Readonly<Record<Hash, HashEntry>> = {
  'SHA-256': { id: 0, length: 32, block: 64 },
  'SHA-384': { id: 1, length: 48, block: 128 },
  'SHA-512': { id: 2, length: 64, block: 128 },
}

/** @throws `unsupported` */
export function hashEntry(hash: Hash): HashEntry {
  if (!Object.hasOwn(hashes, hash)) throw new KmsError('unsupported', `There is no hash ${String(hash)} here.`)
  return hashes[hash]
}
