import type { KeySlots, Slot } from '../crypto/key-slots.ts'
import { invalidArgument, requireBytes } from '../refusals.ts'
import { type Context, writeBound } from './context.ts'
import { indexInfo } from './labels.ts'
import { encodePreamble } from './preamble.ts'
import { recordHeaderBytes } from './record.ts'

/** Bytes of a blind index. */
export const indexLengths = { least: 8, most: 32, standard: 16 } as const

// An index stands beside envelopes of any suite and mode: its `C` is the one of data in suite 1 and mode 0, whatever they are.
const preamble = encodePreamble({ suite: 1, content: 0, mode: 0 })

/**
 * Derives a key version's blind index key into a slot (envelope v1 §Labels).
 * @param material a slot with the version's 32 bytes; stays the caller's and may be released at once
 * @throws `invalid-argument`, `limit-exceeded` when all slots are taken
 */
export function prepareBlindIndex(
  slots: KeySlots,
  material: Slot,
  { keyId, version }: { readonly keyId: Uint8Array; readonly version: number },
): BlindIndex {
  recordHeaderBytes({ keyId, version }, 0)
  return new BlindIndex(slots, slots.deriveKey(material, indexInfo(keyId, version)))
}

/**
 * Computes blind indexes under one key version: what a column is searched by that holds no value. Whoever sees them sees which
 * values are equal and how often each occurs; whoever may compute them can test guesses. Made by `prepareBlindIndex`.
 */
export class BlindIndex {
  readonly #slots: KeySlots
  readonly #slot: Slot

  /** Use `prepareBlindIndex`. */
  constructor(slots: KeySlots, slot: Slot) {
    this.#slots = slots
    this.#slot = slot
  }

  /**
   * The index of a value: `HMAC-SHA-512(index key, C ‖ value)[0..length]`.
   * @param value in a normalisation of the caller's: bytes that differ have another index
   * @param length 8 to 32 bytes
   * @throws `invalid-context`, `invalid-argument`, `closed` after `release`
   */
  compute(value: Uint8Array, context: Context, length: number = indexLengths.standard): Uint8Array {
    const boundLength = writeBound(this.#slots.bound, preamble, context)
    requireBytes(value, 'The value')
    if (!Number.isInteger(length) || length < indexLengths.least || length > indexLengths.most) {
      throw invalidArgument(`A blind index has ${indexLengths.least} to ${indexLengths.most} bytes.`)
    }
    return this.#slots.mac(this.#slot, boundLength, value, length)
  }

  /** Wipes its key. @throws `closed` if it was released before */
  release(): void {
    this.#slots.release(this.#slot)
  }
}
