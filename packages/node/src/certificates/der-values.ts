import { refused } from './refusals.ts'

// DER (X.690 §10) of what node:crypto has parsed already and does not show: the fields of extensions and algorithms.

/** A value: its tag, its contents, and whole. */
export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
}

export const tag = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  objectId: 6,
  sequence: 0x30,
  set: 0x31,
} as const

/** The values that stand one after another. @throws `authentication-failed` */
export function derValues(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const found = bytes[at] as number
    let length = bytes[at + 1] ?? Number.NaN
    let from = at + 2
    if (length > 0x80) {
      const octets = length - 0x80
      length = octets > 3 ? Number.NaN : 0
      for (let i = 0; i < octets; i++) length = length * 256 + (bytes[from + i] ?? Number.NaN)
      from += octets
    }
    // Tags of several bytes and lengths without an end are in no certificate.
    if ((found & 0x1f) === 0x1f || !(from + length <= bytes.length)) throw unreadable()
    values.push({ tag: found, content: bytes.subarray(from, from + length) })
    at = from + length
  }
  return values
}

/** The contents of the value at a place, which must have a tag. @throws `authentication-failed` */
export function derContent(values: readonly DerValue[], at: number, wanted: number): Uint8Array {
  const found = values[at]
  if (found?.tag !== wanted) throw unreadable()
  return found.content
}

/** An OBJECT IDENTIFIER in dots. @throws `authentication-failed` */
export function objectId(content: Uint8Array): string {
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw unreadable()
    if ((byte & 0x80) !== 0) continue
    arcs.push(arc)
    arc = 0
  }
  const [first = 0, ...others] = arcs
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - top * 40, ...others].join('.')
}

const unreadable = (): Error => refused('A certificate is not laid out as one (RFC 5280).')
