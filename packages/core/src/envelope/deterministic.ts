import type { KeySlots, Slot } from '../crypto/key-slots.ts'
import { toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { authenticationFailed, requireBytes } from '../refusals.ts'
import { constantTimeEqual } from '../secret.ts'
import { saltLength } from './body.ts'
import { type Context, writeBound } from './context.ts'
import { keyHeaderLength } from './header.ts'
import { deterministicInfo } from './labels.ts'
import { plaintextLength } from './lengths.ts'
import { wholeMessageLimit } from './limits.ts'
import { preambleLength } from './preamble.ts'
import { type RecordKeyOptions, recordHeaderBytes, recordRefusal, sealedBy } from './record.ts'

// Mode 1: sealed by a key version, deterministic. The salt is a mac of context and message, so equal ones give equal envelopes.

export interface DeterministicKeyOptions extends Omit<RecordKeyOptions, 'content'> {
  /** Bytes of a message at most, 64 MiB by default: it is held whole, and opened before its salt can be checked. */
  readonly limit?: number
}

/**
 * Derives what a key version seals deterministically with, `K ‖ S`, into two slots (envelope v1 §Modes 0 and 1).
 * @param material a slot with the version's 32 bytes; stays the caller's and may be released at once
 * @throws `invalid-argument`, `unsupported` for a suite the slots do not have, `limit-exceeded` when all slots are taken
 */
export function prepareDeterministicKey(
  slots: KeySlots,
  material: Slot,
  options: DeterministicKeyOptions,
): DeterministicKey {
  const { keyId, version, suite = 1, limit = wholeMessageLimit } = options
  const header = recordHeaderBytes({ keyId, version, suite }, 1)
  const [slot, saltSlot] = slots.derivePair(material, deterministicInfo(suite, keyId, version))
  try {
    slots.prepare(slot, suite, header)
  } catch (error) {
    slots.release(slot)
    slots.release(saltSlot)
    throw error
  }
  return new DeterministicKey(slots, slot, saltSlot, header, limit)
}

/**
 * Seals and opens deterministically under one key version, synchronously. Whoever sees the envelopes sees which messages are
 * equal, how often each occurs and how long it is; whoever may seal can test guesses. Made by `prepareDeterministicKey`.
 */
export class DeterministicKey {
  /** The 27 bytes that each of its envelopes starts with. */
  readonly header: Uint8Array
  readonly #slots: KeySlots
  readonly #slot: Slot
  readonly #saltSlot: Slot
  readonly #preamble: Uint8Array
  readonly #limit: number

  /** Use `prepareDeterministicKey`. */
  constructor(slots: KeySlots, slot: Slot, saltSlot: Slot, header: Uint8Array, limit: number) {
    this.#slots = slots
    this.#slot = slot
    this.#saltSlot = saltSlot
    this.header = header
    this.#preamble = header.slice(0, preambleLength)
    this.#limit = limit
  }

  /** The 36 characters that the text form of each of its envelopes starts with: what a census counts by. */
  get textPrefix(): string {
    return toText(this.header)
  }

  /**
   * Seals a message: the same one in the same context gives the same envelope.
   * @param plaintext 64 MiB at most, unless the key was prepared for more
   * @throws `invalid-context`, `invalid-argument`, `limit-exceeded`, `closed` after `release`
   */
  seal(plaintext: Uint8Array, context: Context): Uint8Array {
    const bound = this.#bound(context)
    requireBytes(plaintext, 'The plaintext')
    if (plaintext.length > this.#limit) throw this.#tooLong()
    const salt = this.#salt(bound, plaintext)
    this.#slots.bound.set(bound)
    return this.#slots.seal(this.#slot, bound.length, plaintext, salt)
  }

  /**
   * Opens what `seal` made, and nothing that has another salt.
   * @throws in this order: `invalid-context`, `invalid-argument`; `malformed`, `unsupported`; `authentication-failed` for an
   * envelope of another content or mode; `no-matching-key`; `limit-exceeded`; `authentication-failed` for all that is wrong with
   * key, context or bytes. `closed` after `release`.
   */
  open(envelope: Uint8Array, context: Context): Uint8Array {
    const bound = this.#bound(context)
    requireBytes(envelope, 'The envelope')
    if (!sealedBy(envelope, this.header)) throw recordRefusal(envelope, this.header) ?? authenticationFailed()
    if ((plaintextLength(envelope.length - keyHeaderLength) ?? 0) > this.#limit) throw this.#tooLong()
    const plaintext = this.#openBody(envelope, bound.length)
    const salt = envelope.subarray(keyHeaderLength, keyHeaderLength + saltLength)
    if (constantTimeEqual(this.#salt(bound, plaintext), salt)) return plaintext
    plaintext.fill(0)
    throw authenticationFailed()
  }

  /** Wipes its keys. @throws `closed` if it was released before */
  release(): void {
    this.#slots.release(this.#slot)
    this.#slots.release(this.#saltSlot)
  }

  /** `C`, in the slots and as a copy: the calls of one message come one after the other, and each may overwrite it. */
  #bound(context: Context): Uint8Array {
    const { bound } = this.#slots
    return bound.slice(0, writeBound(bound, this.#preamble, context))
  }

  #salt(bound: Uint8Array, plaintext: Uint8Array): Uint8Array {
    this.#slots.bound.set(bound)
    return this.#slots.mac(this.#saltSlot, bound.length, plaintext, saltLength)
  }

  #openBody(envelope: Uint8Array, boundLength: number): Uint8Array {
    try {
      return this.#slots.open(this.#slot, boundLength, envelope)
    } catch (error) {
      throw error instanceof KmsError && error.code === 'authentication-failed' ? authenticationFailed() : error
    }
  }

  #tooLong(): KmsError {
    return new KmsError(
      'limit-exceeded',
      `A deterministic message has ${this.#limit} bytes at most. Seal longer ones with a random salt.`,
    )
  }
}
