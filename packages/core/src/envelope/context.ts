import { readU16 } from '../encoding/bytes.ts'
import { invalidArgument, invalidContext } from '../refusals.ts'
import { preambleLength } from './preamble.ts'

/**
 * What an envelope is bound to: names and values, such as `{ tenant: 'acme', table: 'users' }`. It is authenticated and never
 * stored: whoever opens must give the same pairs, in any order. Names are not empty and unique, values may be empty; both
 * are strings without lone surrogates, compared byte by byte as UTF-8, not normalised. 65,535 bytes in all (envelope v1 §Body).
 */
export type Context = Readonly<Record<string, string>> | ReadonlyMap<string, string>

/**
 * No context, said out loud: the envelope opens wherever its key does. An empty object is refused instead of being taken for
 * this, because data that was to be bound and is not looks the same as data that is.
 */
export const noContext: Context = Object.freeze(Object.create(null) as Record<string, string>)

/** Bytes of a canonical context at most; with the preamble before it, `C` has up to 65,542. */
export const canonicalLimit = 65_535

/** Room that the longest `C` = preamble ‖ canonical(context) takes. */
export const boundRoom: number = preambleLength + canonicalLimit

/**
 * Writes `C = preamble ‖ canonical(context)` at the start of `target`, without allocating for a context of one or two pairs.
 * @param target 65,542 bytes or more, such as `KeySlots.bound`; its bytes after `C` may change too
 * @param preamble 7 bytes
 * @returns the length of `C` in bytes, 9 to 65,542
 * @throws `invalid-context` if the context breaks its rules; `invalid-argument` for a short target
 */
export function writeBound(target: Uint8Array, preamble: Uint8Array, context: Context): number {
  if (target.length < boundRoom) throw invalidArgument(`The target has fewer than ${boundRoom} bytes.`)
  const length = writeCanonical(target, preambleLength, context)
  for (let i = 0; i < preambleLength; i++) target[i] = preamble[i] as number
  return length
}

let scratch: Uint8Array | undefined

/**
 * A context's canonical bytes: `count u16 ‖ ( length u16 ‖ name ‖ length u16 ‖ value )*`, sorted by the UTF-8 bytes of the name.
 * @returns 2 to 65,535 bytes
 * @throws `invalid-context` if the context breaks its rules
 */
export function canonicalContext(context: Context): Uint8Array {
  scratch ??= new Uint8Array(boundRoom)
  return scratch.slice(0, writeCanonical(scratch, 0, context))
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The context that canonical bytes say: a copy that its giver cannot change any more. @param canonical from `canonicalContext` */
export function contextOf(canonical: Uint8Array): Context {
  if (canonical.length === 2) return noContext
  let at = 2
  const string = (): string => {
    const length = readU16(canonical, at)
    const start = at + 2
    at = start + length
    return utf8.decode(canonical.subarray(start, at))
  }
  const pairs = new Map<string, string>()
  while (at < canonical.length) pairs.set(string(), string())
  return pairs
}

function writeCanonical(target: Uint8Array, start: number, context: Context): number {
  if (context === noContext) {
    target[start] = 0
    target[start + 1] = 0
    return start + 2
  }
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    throw invalidContext('must be an object of strings, a Map of strings, or noContext')
  }
  if (context instanceof Map) return writeMap(target, start, context)
  const record = context as Readonly<Record<string, string>>
  const names = Object.keys(record)
  const limit = start + canonicalLimit
  // Most contexts have one or two pairs: those need neither a sort nor an array of values. Every value is read exactly once,
  // and before anything is written: a getter could seal something itself, over the same target.
  if (names.length === 1) {
    const name = names[0] as string
    const value = record[name]
    return writePair(target, writeCount(target, start, 1), limit, name, value)
  }
  if (names.length === 2) {
    let a = names[0] as string
    let b = names[1] as string
    if (compareUtf8(a, b) > 0) {
      const first = b
      b = a
      a = first
    }
    const valueA = record[a]
    const valueB = record[b]
    const at = writePair(target, writeCount(target, start, 2), limit, a, valueA)
    return writePair(target, at, limit, b, valueB)
  }
  if (names.length === 0) {
    if (Object.prototype.toString.call(context) === '[object Map]') {
      return writeMap(target, start, context as ReadonlyMap<string, string>) // a Map of another realm
    }
    throw emptyContext()
  }
  names.sort(compareUtf8)
  return writePairs(
    target,
    start,
    names.map((name) => [name, record[name]]),
  )
}

function writeMap(target: Uint8Array, start: number, context: ReadonlyMap<string, string>): number {
  const pairs: (readonly [string, unknown])[] = []
  for (const [name, value] of context) {
    if (typeof name !== 'string') throw invalidContext('has a name that is not a string')
    pairs.push([name, value])
  }
  if (pairs.length === 0) throw emptyContext()
  pairs.sort(([a], [b]) => compareUtf8(a, b))
  for (let i = 1; i < pairs.length; i++) {
    if (pairs[i]?.[0] === pairs[i - 1]?.[0]) throw invalidContext('has a name twice')
  }
  return writePairs(target, start, pairs)
}

function writePairs(target: Uint8Array, start: number, pairs: readonly (readonly [string, unknown])[]): number {
  const limit = start + canonicalLimit
  if (pairs.length * 5 > canonicalLimit) throw tooLong() // five bytes are the shortest pair; keeps the count within u16
  let at = writeCount(target, start, pairs.length)
  for (const [name, value] of pairs) at = writePair(target, at, limit, name, value)
  return at
}

function writeCount(target: Uint8Array, at: number, count: number): number {
  target[at] = count >>> 8
  target[at + 1] = count
  return at + 2
}

function writePair(target: Uint8Array, at: number, limit: number, name: string, value: unknown): number {
  if (name.length === 0) throw invalidContext('has an empty name')
  if (typeof value !== 'string') {
    throw invalidContext('has a value that is not a string; convert numbers and ids yourself, the same way every time')
  }
  return writeString(target, writeString(target, at, limit, name), limit, value)
}

function writeString(target: Uint8Array, at: number, limit: number, text: string): number {
  const length = text.length
  const first = at + 2
  if (first + length > limit) throw tooLong()
  let i = 0
  for (; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) break
    target[first + i] = unit
  }
  const end = i === length ? first + length : writeUtf8(target, first + i, limit, text, i)
  target[at] = (end - first) >>> 8
  target[at + 1] = end - first
  return end
}

/** UTF-8 (RFC 3629) from the `from`th code unit on. TextEncoder would turn a lone surrogate into U+FFFD silently, and allocate. */
function writeUtf8(target: Uint8Array, start: number, limit: number, text: string, from: number): number {
  let at = start
  for (let i = from; i < text.length; i++) {
    const point = text.codePointAt(i) as number
    if (at + 4 > limit && at + utf8Length(point) > limit) throw tooLong()
    if (point < 0x80) {
      target[at++] = point
    } else if (point < 0x800) {
      target[at++] = 0xc0 | (point >> 6)
      target[at++] = 0x80 | (point & 0x3f)
    } else if (point < 0x10000) {
      if (point >= 0xd800 && point <= 0xdfff) throw invalidContext('holds a broken character (a lone surrogate)')
      target[at++] = 0xe0 | (point >> 12)
      target[at++] = 0x80 | ((point >> 6) & 0x3f)
      target[at++] = 0x80 | (point & 0x3f)
    } else {
      i++
      target[at++] = 0xf0 | (point >> 18)
      target[at++] = 0x80 | ((point >> 12) & 0x3f)
      target[at++] = 0x80 | ((point >> 6) & 0x3f)
      target[at++] = 0x80 | (point & 0x3f)
    }
  }
  return at
}

const utf8Length = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)

/**
 * Orders strings as their UTF-8 bytes are ordered. Code units above U+D7FF differ from that: the surrogates of characters above
 * U+FFFF come before U+E000 to U+FFFF in UTF-16, after them in UTF-8.
 */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? utf8Rank(x) - utf8Rank(y) : x - y
  }
  return a.length - b.length
}

const utf8Rank = (unit: number): number => (unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

function emptyContext(): Error {
  return invalidContext('is empty. Give what the data belongs to, or noContext to bind it to nothing')
}

function tooLong(): Error {
  return invalidContext(`has more than ${canonicalLimit} bytes`)
}
