import type { KeySlots, Slot, Suite } from '../crypto/key-slots.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { type BlindIndex, prepareBlindIndex } from './blind-index.ts'
import type { BegunOpening } from './body.ts'
import { type Context, canonicalContext } from './context.ts'
import { type DeterministicKey, prepareDeterministicKey } from './deterministic.ts'
import { type Mode, preambleLength } from './preamble.ts'
import { type KeyHolder, slotHolder } from './recipients/key.ts'
import { prepareRecordKey, type RecordKey, recordHeader, recordRefusal, sealedBy } from './record.ts'

// All that a key version does with data, in every suite. Most use one suite and no search, so the rest is derived when it is
// first asked for.

export interface VersionKeyOptions {
  /** 16 bytes. */
  readonly keyId: Uint8Array
  /** 1 to 4,294,967,295. */
  readonly version: number
  /** Told how many slots more it is about to take, or takes less after all. It has two when it is made, and at most eight. */
  readonly onSlots?: (change: number) => void
}

/** Slots that a version key takes when it is made: its material, and the content key of records in suite 1. */
export const versionKeySlots = 2

/**
 * Makes a key version ready to seal, open and index data.
 * @param material a slot with the version's 32 bytes, which the version key takes over
 * @throws `invalid-argument`, `limit-exceeded` when all slots are taken; `material` stays the caller's then
 */
export function prepareVersionKey(slots: KeySlots, material: Slot, options: VersionKeyOptions): VersionKey {
  return new VersionKey(slots, material, options)
}

/** A key version in memory: its records in every suite, deterministic envelopes, blind indexes. Made by `prepareVersionKey`. */
export class VersionKey {
  readonly version: number
  /** The version's material, for wrapping content keys. */
  readonly material: Slot
  /** Records in suite 1. */
  readonly record: RecordKey
  /** Slots that it holds. */
  slotsHeld: number = versionKeySlots
  readonly #slots: KeySlots
  readonly #options: VersionKeyOptions
  readonly #records = new Map<Suite, RecordKey>()
  readonly #deterministic = new Map<Suite, DeterministicKey>()
  #index: BlindIndex | undefined

  /** Use `prepareVersionKey`. */
  constructor(slots: KeySlots, material: Slot, options: VersionKeyOptions) {
    this.#slots = slots
    this.#options = options
    this.record = prepareRecordKey(slots, material, options)
    this.version = options.version
    this.material = material
  }

  /** Records in a suite (mode 0). @throws `invalid-argument`, `unsupported`, `limit-exceeded` when all slots are taken */
  recordOf(suite: Suite): RecordKey {
    if (suite === 1) return this.record
    const made = this.#records.get(suite)
    if (made !== undefined) return made
    const record = this.#take(1, () => prepareRecordKey(this.#slots, this.material, { ...this.#options, suite }))
    this.#records.set(suite, record)
    return record
  }

  /** Deterministic envelopes in a suite (mode 1). @throws as `recordOf` */
  deterministic(suite: Suite): DeterministicKey {
    const made = this.#deterministic.get(suite)
    if (made !== undefined) return made
    const key = this.#take(2, () => prepareDeterministicKey(this.#slots, this.material, { ...this.#options, suite }))
    this.#deterministic.set(suite, key)
    return key
  }

  /** Blind indexes. @throws `limit-exceeded` when all slots are taken */
  get index(): BlindIndex {
    this.#index ??= this.#take(1, () => prepareBlindIndex(this.#slots, this.material, this.#options))
    return this.#index
  }

  /**
   * Opens data that this version sealed, in whichever suite, deterministic or not.
   * @throws in this order: `invalid-context`, `invalid-argument`; `malformed`, `unsupported`; `authentication-failed` for an
   * envelope of another content or to recipients; `no-matching-key`; `limit-exceeded` for a deterministic message over 64 MiB;
   * `authentication-failed` for all that is wrong with key, context or bytes. `closed` after `release`.
   */
  open(envelope: Uint8Array, context: Context): Uint8Array {
    if (sealedBy(envelope, this.record.header)) return this.record.open(envelope, context)
    canonicalContext(context)
    const { suite, mode } = recordHeader(envelope)
    const refused = recordRefusal(envelope, this.#expected(suite, mode))
    if (refused !== undefined) throw refused
    return (mode === 1 ? this.deterministic(suite) : this.recordOf(suite)).open(envelope, context)
  }

  /** Starts opening data that this version sealed by parts, in whichever suite. @throws as `RecordKey.beginOpening` */
  beginOpening(primitives: Primitives, start: Uint8Array, context: Context): BegunOpening {
    canonicalContext(context)
    const { suite } = recordHeader(start)
    return this.recordOf(suite).beginOpening(primitives, start, context)
  }

  /** It as a recipient's key version, whose material stays where it is. */
  holder(): KeyHolder {
    return slotHolder(this.#slots, this.material, this.#options.keyId, this.version)
  }

  /** Wipes all its keys, the material included. */
  release(): void {
    this.record.release()
    for (const key of this.#records.values()) key.release()
    for (const key of this.#deterministic.values()) key.release()
    this.#index?.release()
    this.#slots.release(this.material)
  }

  /** The header that this version writes in a suite and mode. */
  #expected(suite: Suite, mode: Mode): Uint8Array {
    const header = this.record.header.slice()
    header[preambleLength - 4] = suite
    header[preambleLength - 2] = mode
    return header
  }

  #take<T>(slots: number, make: () => T): T {
    const { onSlots } = this.#options
    onSlots?.(slots)
    try {
      const made = make()
      this.slotsHeld += slots
      return made
    } catch (error) {
      onSlots?.(-slots)
      throw error
    }
  }
}
