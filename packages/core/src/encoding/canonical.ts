import { KmsError } from '../errors.ts'

/** What canonical bytes hold: no null, no fractions. */
export type CanonicalValue = string | number | boolean | readonly CanonicalValue[] | CanonicalObject
export interface CanonicalObject {
  readonly [name: string]: CanonicalValue
}

const depthLimit = 8
const encoder = new TextEncoder()
/** Bytes of a record at most, the same as a store takes. */
const canonicalBytesLimit = 65_536

/**
 * Canonical bytes (contents-v1 §Canonical bytes): JSON of objects with ASCII names in byte order, strings of Unicode scalar
 * values, integers 0 to 2⁵³ − 1, booleans and arrays, without white space.
 * @throws `invalid-argument` for anything else; `limit-exceeded` over 65,536 bytes
 */
export function encodeCanonical(value: CanonicalObject): Uint8Array {
  const bytes = encoder.encode(canonicalText(value))
  if (bytes.length > canonicalBytesLimit) throw new KmsError('limit-exceeded', 'A record has at most 65,536 bytes.')
  return bytes
}

/** What `encodeCanonical` writes, as text, of any length. @throws `invalid-argument` */
export const canonicalText = (value: CanonicalObject): string => write(value, 0)

/**
 * Reads canonical bytes; refuses all that `encodeCanonical` would not have written.
 * @throws `malformed`
 */
export function decodeCanonical(bytes: Uint8Array): CanonicalObject {
  if (bytes.length > canonicalBytesLimit) throw malformed('too long')
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
  } catch {
    throw malformed('no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('no object')
  let again: string
  try {
    again = write(value as CanonicalObject, 0)
  } catch {
    throw malformed('not canonical')
  }
  // One writing of each value: what could be read in two ways, such as duplicate names or 1.0, does not come back the same.
  if (again !== text) throw malformed('not canonical')
  return value as CanonicalObject
}

function write(value: unknown, depth: number): string {
  if (depth > depthLimit) throw unfit('nested too deeply')
  switch (typeof value) {
    case 'string':
      // Nearly all: nothing in it is escaped.
      if (/^[ !#-[\]-~]*$/.test(value)) return `"${value}"`
      // The first says quickly that there is no surrogate at all, the second that one has no partner.
      if (/[\ud800-\udfff]/.test(value) && /\p{Surrogate}/u.test(value)) throw unfit('a broken string')
      return JSON.stringify(value)
    case 'number':
      if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0))
        throw unfit('a number that is no integer ≥ 0')
      return String(value)
    case 'boolean':
      return String(value)
    case 'object': {
      if (value === null) throw unfit('null')
      if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
      let members = ''
      for (const name of Object.keys(value).sort()) {
        if (members !== '') members += ','
        members += `${quotedName(name)}:${write((value as CanonicalObject)[name], depth + 1)}`
      }
      return `{${members}}`
    }
    default:
      throw unfit('a value of another type')
  }
}

/** Names as they are written. There are few, and they are written all the time. */
const quotedNames = new Map<string, string>()

function quotedName(name: string): string {
  const known = quotedNames.get(name)
  if (known !== undefined) return known
  if (!/^[\x20-\x7e]+$/.test(name)) throw unfit('a name that is not ASCII')
  const quoted = JSON.stringify(name)
  if (quotedNames.size < 500) quotedNames.set(name, quoted)
  return quoted
}

const unfit = (what: string): KmsError => new KmsError('invalid-argument', `A record cannot hold ${what}.`)
const malformed = (what: string): KmsError =>
  new KmsError('malformed', `These are not a record's canonical bytes (${what}).`)
