import { concat, readU16, readU32, u16, u32 } from './bytes.ts'
import { contents, encodePreamble, modes, type Preamble, parsePreamble, preambleLength } from './preamble.ts'
import type { Stanza } from './recipient.ts'
import { type RecipientFields, readRecipient } from './recipient-layouts.ts'
import { malformed } from './refusals.ts'

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

/**
 * Reads a header, strictly and without secrets: steps 1 and 2 of what an opener refuses, in that order. Arrays in the result
 * are views on `bytes`.
 * @param bytes the envelope, or its first 65,536 bytes or more
 * @throws `malformed`, `unsupported`
 */
export function parseHeader(bytes: Uint8Array): Header {
  const preamble = parsePreamble(bytes)
  const { content, mode } = preamble
  if (!contents[content].modes.includes(mode)) {
    throw malformed(`content ${content} (${contents[content].name}) is never ${modes[mode]}`)
  }
  return mode === 2 ? parseRecipients(bytes, { ...preamble, mode }) : parseSealedBy(bytes, { ...preamble, mode })
}

function parseSealedBy(bytes: Uint8Array, preamble: Preamble & { readonly mode: 0 | 1 }): KeyHeader {
  if (bytes.length < keyHeaderLength) throw endsEarly()
  const version = readU32(bytes, 23)
  if (version === 0) throw malformed('it names key version 0')
  return { ...preamble, length: keyHeaderLength, keyId: bytes.subarray(preambleLength, 23), version }
}

function parseRecipients(bytes: Uint8Array, preamble: Preamble & { readonly mode: 2 }): RecipientsHeader {
  const limit = Math.min(bytes.length, headerLimit)
  const pastEnd = (): Error =>
    bytes.length > headerLimit ? malformed(`its header has more than ${headerLimit} bytes`) : endsEarly()
  let at = preambleLength + 1
  if (at > limit) throw endsEarly()
  const count = bytes[preambleLength] as number
  if (count === 0) throw malformed('it names no recipient')
  const recipients: HeaderRecipient[] = []
  for (let i = 0; i < count; i++) {
    if (at + 3 > limit) throw pastEnd()
    const start = at + 3
    at = start + readU16(bytes, at + 1)
    if (at > limit) throw pastEnd()
    const stanza = { kind: bytes[start - 3] as number, bytes: bytes.subarray(start, at) }
    const fields = readRecipient(stanza)
    if (typeof fields === 'string') throw malformed(`recipient ${i + 1}: ${fields}`)
    recipients.push({ ...stanza, fields })
  }
  if (at + macLength > limit) throw pastEnd()
  const length = at + macLength
  return { ...preamble, length, recipients, macked: bytes.subarray(0, at), mac: bytes.subarray(at, length) }
}

function endsEarly(): Error {
  return malformed('it ends before its header does')
}

/** The 27 bytes of a header of modes 0 and 1. */
export function encodeKeyHeader(preamble: Preamble, keyId: Uint8Array, version: number): Uint8Array {
  return concat(encodePreamble(preamble), keyId, u32(version))
}

/** A mode 2 header without its mac, which is made over these bytes. */
export function encodeRecipients(preamble: Preamble, recipients: readonly Stanza[]): Uint8Array {
  const stanzas = recipients.flatMap(({ kind, bytes }) => [Uint8Array.of(kind), u16(bytes.length), bytes])
  return concat(encodePreamble(preamble), Uint8Array.of(recipients.length), ...stanzas)
}
