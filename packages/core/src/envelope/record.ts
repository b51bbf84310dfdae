import type { KeySlots, Slot, Suite } from '../crypto/key-slots.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { readU32, sameBytes } from '../encoding/bytes.ts'
import { toText } from '../encoding/text.ts'
import { formatUuid } from '../encoding/uuid.ts'
import { KmsError } from '../errors.ts'
import { authenticationFailed, invalidArgument, requireBytes, somethingElse } from '../refusals.ts'
import { type BegunOpening, MessageCipher, prefixLength, saltLength } from './body.ts'
import { boundRoom, type Context, writeBound } from './context.ts'
import { encodeKeyHeader, type KeyHeader, keyHeaderLength, parseHeader } from './header.ts'
import { sealInfo } from './labels.ts'
import { type Content, contents, modes, preambleLength, suites } from './preamble.ts'
import { hedgedSalt } from './salts.ts'

// Mode 0: sealed by a key version. The hot path: one call into the slots per message, nothing allocated but the result.

export interface RecordKeyOptions {
  /** 16 bytes. */
  readonly keyId: Uint8Array
  /** 1 to 4,294,967,295. */
  readonly version: number
  /** 1, AES-256-GCM, by default. */
  readonly suite?: Suite
  /** 0 data (the default), or 1 key version. */
  readonly content?: Content
}

/**
 * Derives a key version's content key into a slot of its own (envelope v1 §Modes 0 and 1); what it returns seals and opens.
 * @param material a slot with the version's 32 bytes; stays the caller's and may be released at once
 * @throws `invalid-argument`, `unsupported` for a suite the slots do not have, `limit-exceeded` when all slots are taken
 */
export function prepareRecordKey(slots: KeySlots, material: Slot, options: RecordKeyOptions): RecordKey {
  const { keyId, version, suite = 1 } = options
  const header = recordHeaderBytes(options, 0)
  const slot = slots.deriveKey(material, sealInfo(suite, keyId, version))
  try {
    slots.prepare(slot, suite, header)
  } catch (error) {
    slots.release(slot)
    throw error
  }
  return new RecordKey(slots, slot, header)
}

/**
 * The 27 bytes that every envelope of a suite, content, mode and key version starts with.
 * @throws `invalid-argument` for what no such envelope has
 */
export function recordHeaderBytes(options: RecordKeyOptions, mode: 0 | 1): Uint8Array {
  const { keyId, version, suite = 1, content = 0 } = options
  if (keyId.length !== 16) throw invalidArgument('A key id has 16 bytes.')
  if (!Number.isInteger(version) || version < 1 || version > 0xffffffff) {
    throw invalidArgument('A key version is a number from 1 to 4,294,967,295.')
  }
  if (!Object.hasOwn(suites, suite)) throw invalidArgument(`There is no suite ${suite}.`)
  if (!Object.hasOwn(contents, content) || !contents[content].modes.includes(mode)) {
    throw invalidArgument(`Content ${content} is never ${modes[mode]}.`)
  }
  return encodeKeyHeader({ suite, content, mode }, keyId, version)
}

/** Seals and opens records under one key version, synchronously. Made by `prepareRecordKey`. */
export class RecordKey {
  /** The 27 bytes that each of its envelopes starts with. */
  readonly header: Uint8Array
  readonly #slots: KeySlots
  readonly #slot: Slot
  readonly #preamble: Uint8Array

  /** Use `prepareRecordKey`. */
  constructor(slots: KeySlots, slot: Slot, header: Uint8Array) {
    this.#slots = slots
    this.#slot = slot
    this.header = header
    this.#preamble = header.slice(0, preambleLength)
  }

  /** The 36 characters that the text form of each of its envelopes starts with: what a census counts by. */
  get textPrefix(): string {
    return toText(this.header)
  }

  /**
   * Seals a message.
   * @param plaintext any number of bytes
   * @throws `invalid-context`, `invalid-argument`, `closed` after `release`
   */
  seal(plaintext: Uint8Array, context: Context): Uint8Array {
    const length = writeBound(this.#slots.bound, this.#preamble, context)
    requireBytes(plaintext, 'The plaintext')
    return this.#slots.seal(this.#slot, length, plaintext)
  }

  /**
   * Seals a message with a salt hedged by it (`hedgedSalt`): with random bytes that repeat, as in a machine cloned while it runs,
   * no two messages or contexts share a salt. It costs a mac of the message more.
   * @param random as of `hedgedSalt`
   * @throws as `seal`
   */
  sealHedged(primitives: Primitives, plaintext: Uint8Array, context: Context, random?: Uint8Array): Uint8Array {
    const { bound } = this.#slots
    const length = writeBound(bound, this.#preamble, context)
    requireBytes(plaintext, 'The plaintext')
    const salt = hedgedSalt(primitives, bound.subarray(0, length), plaintext, random)
    return this.#slots.seal(this.#slot, length, plaintext, salt)
  }

  /**
   * Opens what `seal` made.
   * @throws in this order: `invalid-context`, `invalid-argument`; `malformed`, `unsupported`; `authentication-failed` for an
   * envelope of another content or mode; `no-matching-key`; `authentication-failed` for all that is wrong with key, context or
   * bytes. `closed` after `release`.
   */
  open(envelope: Uint8Array, context: Context): Uint8Array {
    const length = writeBound(this.#slots.bound, this.#preamble, context)
    requireBytes(envelope, 'The envelope')
    return this.#open(envelope, length)
  }

  /**
   * A context encoded once, for many calls.
   * @throws `invalid-context`
   */
  bind(context: Context): BoundRecordKey {
    const target = new Uint8Array(boundRoom)
    const bound = target.slice(0, writeBound(target, this.#preamble, context))
    return {
      seal: (plaintext) => {
        requireBytes(plaintext, 'The plaintext')
        this.#slots.bound.set(bound)
        return this.#slots.seal(this.#slot, bound.length, plaintext)
      },
      open: (envelope) => {
        requireBytes(envelope, 'The envelope')
        this.#slots.bound.set(bound)
        return this.#open(envelope, bound.length)
      },
    }
  }

  /**
   * Starts opening an envelope by parts (`openRandomAccess`).
   * @param start the envelope's first 83 bytes or more
   * @throws as `open`; `unsupported` for a deterministic envelope, which has no parts
   */
  beginOpening(primitives: Primitives, start: Uint8Array, context: Context): BegunOpening {
    const length = writeBound(this.#slots.bound, this.#preamble, context)
    const header = recordHeader(start, this.header[4] as Content)
    if (
      !sameBytes(header.keyId, this.header.subarray(preambleLength, 23)) ||
      header.version !== readU32(this.header, 23)
    )
      throw noMatchingKey(header)
    if (header.mode === 1) {
      throw new KmsError('unsupported', 'A deterministic envelope has no parts that open alone. Open it whole.')
    }
    const startLength = keyHeaderLength + prefixLength
    const prefix = start.subarray(keyHeaderLength, startLength)
    if (!sealedBy(start, this.header) || prefix.length < prefixLength) throw authenticationFailed()
    const messageKey = this.#slots.messageKey(this.#slot, length, prefix.slice(0, saltLength))
    const cipher = new MessageCipher(primitives, header.suite, messageKey)
    cipher.checkCommitment(prefix)
    return { startLength, cipher }
  }

  /** Wipes its key. @throws `closed` if it was released before */
  release(): void {
    this.#slots.release(this.#slot)
  }

  #open(envelope: Uint8Array, boundLength: number): Uint8Array {
    try {
      return this.#slots.open(this.#slot, boundLength, envelope)
    } catch (error) {
      if (!(error instanceof KmsError) || error.code !== 'authentication-failed') throw error
      // The slots refuse every header but ours, with one error; which of the earlier steps it was is only looked at now.
      throw recordRefusal(envelope, this.header) ?? authenticationFailed()
    }
  }
}

/** A `RecordKey` with its context. Throws as `RecordKey` does. */
export interface BoundRecordKey {
  seal(plaintext: Uint8Array): Uint8Array
  open(envelope: Uint8Array): Uint8Array
}

/**
 * What an envelope is refused for by steps 1 to 4, if for anything.
 * @param expected the header that it should have, 27 bytes
 */
export function recordRefusal(envelope: Uint8Array, expected: Uint8Array): KmsError | undefined {
  const header = recordHeader(envelope, expected[4] as Content)
  if (!sameBytes(header.keyId, expected.subarray(preambleLength, 23)) || header.version !== readU32(expected, 23)) {
    return noMatchingKey(header)
  }
  const mode = expected[5] as 0 | 1
  return header.mode === mode ? undefined : somethingElse(modes[header.mode], `one ${modes[mode]}`)
}

/**
 * Reads which key version sealed a record: steps 1 to 3 of what an opener refuses.
 * @param content what the envelope must hold
 * @throws `malformed`, `unsupported`; `authentication-failed` for another content, or an envelope to recipients
 */
export function recordHeader(envelope: Uint8Array, content: Content = 0): KeyHeader {
  requireBytes(envelope, 'The envelope')
  const header = parseHeader(envelope)
  if (header.content !== content) {
    throw somethingElse(
      `content ${header.content} (${contents[header.content].name})`,
      `${content} (${contents[content].name})`,
    )
  }
  if (header.mode === 2) throw somethingElse(modes[2], `one ${modes[0]}`)
  return header
}

/** @returns `no-matching-key` with the key id and version that an envelope names. */
export function noMatchingKey({ keyId, version }: KeyHeader): KmsError {
  const id = formatUuid(keyId)
  return new KmsError(
    'no-matching-key',
    `The envelope was sealed by version ${version} of key ${id}, which is not the one given.`,
    {
      keyIds: [id],
      version: String(version),
    },
  )
}

/**
 * Whether an envelope starts as those of a `RecordKey` do; fast, for choosing among several versions.
 * @param header 27 bytes
 */
export function sealedBy(envelope: Uint8Array, header: Uint8Array): boolean {
  if (envelope.length < keyHeaderLength) return false
  // From the end: versions differ in their last byte.
  for (let i = keyHeaderLength - 1; i >= 0; i--) if (envelope[i] !== header[i]) return false
  return true
}

/**
 * The 36 characters that the text form of every envelope of a suite, content, mode and key version starts with. To find or count
 * them without keys: `col >= p AND col < p ‖ '~'` on a binary collation; never LIKE (envelope v1 §Modes 0 and 1).
 * @param mode 0 by default; 1 for deterministic envelopes
 * @throws `invalid-argument`
 */
export function recordTextPrefix(options: RecordKeyOptions, mode: 0 | 1 = 0): string {
  return toText(recordHeaderBytes(options, mode))
}
