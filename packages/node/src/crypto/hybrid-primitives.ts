import type { Primitives } from '@kms/core'
import { createWasmPrimitives } from '@kms/core/hazmat'
import { createNativePrimitives } from './native-primitives.ts'

/**
 * From this many bytes on HMAC and HKDF are node:crypto's, which has no limit, and is faster with them (bench/data/crossover.json). It is faster
 * from some KiB on already, but a key in the module is wiped when the call returns.
 */
export const nativeFrom = 32_768

/**
 * From this many bytes on hashes are node:crypto's. Below, its call costs more than hashing in the module: 2 µs against 0.3 for the
 * hash of a node in a log's tree (bench/data/crossover.json).
 */
export const nativeHashesFrom = 512

/**
 * Wraps keys and derives them from keys in the WASM module, which wipes what it was given before it returns and is faster with
 * short inputs, so that it hashes those, too. Node's own hold their keys until they are garbage-collected. All else, messages and
 * passwords, is node:crypto's.
 */
export function createHybridPrimitives(): Primitives {
  const native = createNativePrimitives()
  const wasm = createWasmPrimitives()
  const by = (length: number): Primitives => (length < nativeFrom ? wasm : native)
  return {
    ...native,
    backend: 'wasm and native',
    hash: (hash, data) => (data.length < nativeHashesFrom ? wasm : native).hash(hash, data),
    hmac: (hash, key, data) => by(data.length).hmac(hash, key, data),
    hkdfExpand: (hash, prk, info, length) => by(info.length).hkdfExpand(hash, prk, info, length),
    hkdf: (hash, inputKey, salt, info, length) =>
      by(info.length + inputKey.length).hkdf(hash, inputKey, salt, info, length),
    keyWrap: (kek, key) => by(key.length).keyWrap(kek, key),
    keyUnwrap: (kek, wrapped) => by(wrapped.length).keyUnwrap(kek, wrapped),
    headerRewrapper: () => wasm.headerRewrapper(),
  }
}
