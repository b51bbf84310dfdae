import type { Suite } from '../crypto/key-slots.ts'
import { concat, readU16, readU32, u32, writeU16 } from '../encoding/bytes.ts'
import { malformed, somethingElse } from '../refusals.ts'
import {
  type Content,
  contents,
  encodePreamble,
  modes,
  type Preamble,
  parsePreamble,
  preambleLength,
} from './preamble.ts'
import type { Stanza } from './recipient.ts'
import { type RecipientFields, readRecipient } from './recipient-layouts.ts'

/** The header of modes 0 and 1: which key version sealed. */
export interface KeyHeader extends Preamble {
  readonly mode: 0 | 1
  /** Bytes of the header; the body starts there. */
  readonly length: number
  readonly keyId: Uint8Array
  /** 1 to 4,294,967,295. */
  readonly version: number
}

/** A recipient as it stands in a header, read. */
export interface HeaderRecipient extends Stanza {
  readonly fields: RecipientFields
}

/** The header of mode 2: who can open. */
export interface RecipientsHeader extends Preamble {
  readonly mode: 2
  readonly length: number
  readonly recipients: readonly HeaderRecipient[]
  /** Every header byte before the mac. */
  readonly macked: Uint8Array
  /** 32 bytes. */
  readonly mac: Uint8Array
}

export type Header = KeyHeader | RecipientsHeader

/** Bytes of a header of modes 0 and 1: a preamble, 16 of key id, 4 of version. */
export const keyHeaderLength = 27
/** Bytes of a header at most. */
export const headerLimit = 65_536
export const macLength = 32
/** Bytes of a recipient before its own: kind and length. */
export const stanzaPrefix = 3

/**
 * Reads a header, strictly and without secrets: steps 1 and 2 of what an opener refuses, in that order. Arrays in the result
 * are views on `bytes`.
 * @param bytes the envelope, or its first 65,536 bytes or more
 * @throws `malformed`, `unsupported`
 */
export function parseHeader(bytes: Uint8Array): Header {
  const { suite, content, mode } = parsePreamble(bytes)
  if (!contents[content].modes.includes(mode)) {
    throw malformed(`content ${content} (${contents[content].name}) is never ${modes[mode]}`)
  }
  return mode === 2 ? parseRecipients(bytes, suite, content) : parseSealedBy(bytes, suite, content, mode)
}

/**
 * Reads the header of an envelope to recipients: steps 1 to 3 of what an opener refuses.
 * @param content what the envelope must hold
 * @throws `malformed`, `unsupported`; `authentication-failed` for another content or mode
 */
export function recipientsHeader(bytes: Uint8Array, content: Content): RecipientsHeader {
  const header = parseHeader(bytes)
  if (header.content !== content) {
    throw somethingElse(
      `content ${header.content} (${contents[header.content].name})`,
      `${content} (${contents[content].name})`,
    )
  }
  if (header.mode !== 2) throw somethingElse(modes[header.mode], `one ${modes[2]}`)
  return header
}

function parseSealedBy(bytes: Uint8Array, suite: Suite, content: Content, mode: 0 | 1): KeyHeader {
  if (bytes.length < keyHeaderLength) throw endsEarly()
  const version = readU32(bytes, 23)
  if (version === 0) throw malformed('it names key version 0')
  return { suite, content, mode, length: keyHeaderLength, keyId: bytes.subarray(preambleLength, 23), version }
}

function parseRecipients(bytes: Uint8Array, suite: Suite, content: Content): RecipientsHeader {
  const limit = Math.min(bytes.length, headerLimit)
  const pastEnd = (): Error =>
    bytes.length > headerLimit ? malformed(`its header has more than ${headerLimit} bytes`) : endsEarly()
  let at = preambleLength + 1
  if (at > limit) throw endsEarly()
  const count = bytes[preambleLength] as number
  if (count === 0) throw malformed('it names no recipient')
  const recipients: HeaderRecipient[] = []
  for (let i = 0; i < count; i++) {
    if (at + stanzaPrefix > limit) throw pastEnd()
    const start = at + stanzaPrefix
    at = start + readU16(bytes, at + 1)
    if (at > limit) throw pastEnd()
    const kind = bytes[start - stanzaPrefix] as number
    const own = bytes.subarray(start, at)
    const fields = readRecipient({ kind, bytes: own })
    if (typeof fields === 'string') throw malformed(`recipient ${i + 1}: ${fields}`)
    recipients.push({ kind, bytes: own, fields })
  }
  if (at + macLength > limit) throw pastEnd()
  const length = at + macLength
  const [macked, mac] = [bytes.subarray(0, at), bytes.subarray(at, length)]
  return { suite, content, mode: 2, length, recipients, macked, mac }
}

function endsEarly(): Error {
  return malformed('it ends before its header does')
}

/** The 27 bytes of a header of modes 0 and 1. */
export function encodeKeyHeader(preamble: Preamble, keyId: Uint8Array, version: number): Uint8Array {
  return concat(encodePreamble(preamble), keyId, u32(version))
}

/**
 * A mode 2 header without its mac, which is made over these bytes.
 * @param room bytes of zeros after it
 */
export function encodeRecipients(preamble: Preamble, recipients: readonly Stanza[], room = 0): Uint8Array {
  let at = preambleLength + 1
  const length = recipients.reduce((sum, { bytes }) => sum + stanzaPrefix + bytes.length, at)
  const header = new Uint8Array(length + room)
  header.set(encodePreamble(preamble))
  header[preambleLength] = recipients.length
  for (const { kind, bytes } of recipients) {
    header[at] = kind
    writeU16(header, at + 1, bytes.length)
    header.set(bytes, at + stanzaPrefix)
    at += stanzaPrefix + bytes.length
  }
  return header
}
