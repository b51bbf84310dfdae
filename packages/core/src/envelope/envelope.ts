import type { KeySlots, Slot, Suite } from '../crypto/key-slots.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { concat } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import { authenticationFailed, invalidArgument, requireBytes } from '../refusals.ts'
import type { Secret } from '../secret.ts'
import { type BegunOpening, MessageCipher, prefixLength, saltLength } from './body.ts'
import { freshContentKey, type OpenContentKeyOptions, openContentKey, writeHeader } from './content-key.ts'
import { type Context, canonicalContext } from './context.ts'
import { headerLimit, recipientsHeader } from './header.ts'
import { type Content, contents, encodePreamble, preambleLength, suites } from './preamble.ts'
import type { Recipient } from './recipient.ts'
import { hedgedSalt, streamSalt } from './salts.ts'

// Mode 2, to recipients: whole messages, and the start of those that are sealed and opened piece by piece.

const noHeader = new Uint8Array(0)

export interface SealOptions {
  /** What the envelope holds; 0, data, by default. */
  readonly content?: Content
  /** 1, AES-256-GCM, by default. */
  readonly suite?: Suite
  readonly context: Context
  /** 1 to 255, of which at most 4 passwords. */
  readonly recipients: readonly Recipient[]
  readonly primitives: Primitives
  readonly slots: KeySlots
}

export interface OpenOptions extends OpenContentKeyOptions {
  /** What the envelope must hold; 0, data, by default. Of signed content nothing but the envelope is checked: `openSigned` checks both. */
  readonly content?: Content
  readonly context: Context
  readonly slots: KeySlots
}

/**
 * Seals a message to recipients (envelope v1, mode 2), any of whom opens it alone.
 * @param plaintext any number of bytes
 * @returns header ‖ body
 * @throws `invalid-context`, `invalid-argument`, `unsupported` for a suite the slots do not have; what the recipients throw
 */
export async function sealEnvelope(plaintext: Uint8Array, options: SealOptions): Promise<Uint8Array> {
  requireBytes(plaintext, 'The plaintext')
  const { header, bound, contentKey, suite } = await startSealing(options)
  const salt = hedgedSalt(options.primitives, bound, plaintext)
  const body = withContentKey(options.slots, contentKey, suite, bound, (slots, slot) =>
    slots.seal(slot, bound.length, plaintext, salt),
  )
  return concat(header, body)
}

/**
 * Opens what `sealEnvelope` made.
 * @returns the plaintext
 * @throws in this order: `invalid-context`, `invalid-argument`; `malformed`, `unsupported`; `authentication-failed` for an
 * envelope of another content or mode; `no-matching-key`; `limit-exceeded`; `authentication-failed` for all that is wrong with
 * keys, passwords, context or bytes. `root-unavailable` if a provider gave no answer.
 */
export async function openEnvelope(envelope: Uint8Array, options: OpenOptions): Promise<Uint8Array> {
  requireBytes(envelope, 'The envelope')
  const { headerLength, bound, contentKey, suite } = await startOpening(envelope, options)
  return withContentKey(options.slots, contentKey, suite, bound, (slots, slot) => {
    try {
      return slots.open(slot, bound.length, envelope.subarray(headerLength))
    } catch (error) {
      throw error instanceof KmsError && error.code === 'authentication-failed' ? authenticationFailed() : error
    }
  })
}

/** The start of an envelope that is sealed chunk by chunk. */
export interface BegunSealing {
  /** Header ‖ salt ‖ commitment: what the envelope starts with. */
  readonly start: Uint8Array
  /** Seals the chunks that follow. Wipe it in the end. */
  readonly cipher: MessageCipher
}

/**
 * Starts an envelope to recipients that is sealed piece by piece, with bounded memory: `new MessageSealer(cipher)`.
 * @throws as `sealEnvelope`
 */
export async function beginSealing(options: SealOptions): Promise<BegunSealing> {
  const { header, bound, contentKey, suite } = await startSealing(options)
  const salt = streamSalt(options.primitives)
  const messageKey = withContentKey(options.slots, contentKey, suite, bound, (slots, slot) =>
    slots.messageKey(slot, bound.length, salt),
  )
  const cipher = new MessageCipher(options.primitives, suite, messageKey)
  return { start: concat(header, salt, cipher.commitment), cipher }
}

/** Bytes of an envelope's start at most: a header and a body's salt and commitment. */
export const longestStart: number = headerLimit + prefixLength

/**
 * Starts opening an envelope to recipients piece by piece, with bounded memory: `new MessageOpener(cipher)`.
 * @param start the envelope's first 65,592 bytes (`longestStart`), or all of it if it is shorter
 * @throws as `openEnvelope`
 */
export async function beginOpening(start: Uint8Array, options: OpenOptions): Promise<BegunOpening> {
  requireBytes(start, 'The start of the envelope')
  const { headerLength, bound, contentKey, suite } = await startOpening(start, options)
  const startLength = headerLength + prefixLength
  const prefix = start.subarray(headerLength, startLength)
  if (prefix.length < prefixLength) {
    contentKey.wipe()
    throw authenticationFailed()
  }
  const messageKey = withContentKey(options.slots, contentKey, suite, bound, (slots, slot) =>
    slots.messageKey(slot, bound.length, prefix.slice(0, saltLength)),
  )
  const cipher = new MessageCipher(options.primitives, suite, messageKey)
  cipher.checkCommitment(prefix)
  return { startLength, cipher }
}

interface Started {
  readonly bound: Uint8Array
  readonly contentKey: Secret
  readonly suite: Suite
}

async function startSealing(options: SealOptions): Promise<Started & { readonly header: Uint8Array }> {
  const { content = 0, suite = 1, context, recipients, primitives } = options
  const canonical = canonicalContext(context)
  if (!Object.hasOwn(suites, suite)) throw invalidArgument(`There is no suite ${suite}.`)
  requireContent(content)
  const preamble = { suite, content, mode: 2 } as const
  const bound = concat(encodePreamble(preamble), canonical)
  const contentKey = freshContentKey()
  try {
    return { header: await writeHeader(preamble, contentKey, bound, recipients, primitives), bound, contentKey, suite }
  } catch (error) {
    contentKey.wipe()
    throw error
  }
}

async function startOpening(
  envelope: Uint8Array,
  options: OpenOptions,
): Promise<Started & { readonly headerLength: number }> {
  const { content = 0, context } = options
  const canonical = canonicalContext(context)
  requireContent(content)
  const header = recipientsHeader(envelope, content)
  const bound = concat(envelope.subarray(0, preambleLength), canonical)
  const contentKey = await openContentKey(header, bound, options)
  return { headerLength: header.length, bound, contentKey, suite: header.suite }
}

function requireContent(content: Content): void {
  if (!Object.hasOwn(contents, content) || !contents[content].modes.includes(2)) {
    throw invalidArgument(`Content ${content} is not sealed to recipients.`)
  }
}

/** Runs `use` on a slot that holds the content key, which is gone afterwards, with `C` in place. Nothing in it waits. */
function withContentKey<T>(
  slots: KeySlots,
  contentKey: Secret,
  suite: Suite,
  bound: Uint8Array,
  use: (slots: KeySlots, slot: Slot) => T,
): T {
  let slot: Slot
  try {
    slot = slots.importKey(contentKey.reveal())
  } finally {
    contentKey.wipe()
  }
  try {
    slots.prepare(slot, suite, noHeader)
    slots.bound.set(bound)
    return use(slots, slot)
  } finally {
    slots.release(slot)
  }
}
