import { type Context, KmsError } from '@kms/core'
import {
  beginOpening,
  encodeKeyHeader,
  encodeRecipients,
  keyOpener,
  longestStart,
  openEnvelope,
  prepareVersionKey,
  toText,
} from '@kms/core/envelope'
import { decodeContext, pairsIn } from './contexts.ts'
import { exchangeTarget } from './exchange.ts'
import { context, envelopeSeeds, keyId, material, message, parts, recipientSeeds, recordSeeds, root } from './seeds.ts'
import type { Subject } from './subject.ts'

/** What is fuzzed, with its seeds. `check` throws for an input that breaks the invariant. */
export interface Target {
  readonly name: string
  /** Its part of all inputs. */
  readonly share: number
  readonly seeds: readonly Uint8Array[]
  check(input: Uint8Array): void | Promise<void>
}

/** Every target: a result that is right, or a `KmsError` of the codes that are documented. */
export async function targets(on: Subject): Promise<Target[]> {
  const envelopes = envelopeSeeds()
  const [toKey, toRecipients] = [recordSeeds(), await recipientSeeds()]
  const texts = envelopes.filter(({ length }) => length < 2_000).map((one) => ascii(toText(one)))
  return [
    { name: 'header', share: 0.295, seeds: envelopes, check: (input) => checkHeader(on, input) },
    { name: 'text form', share: 0.27, seeds: texts, check: (input) => checkText(on, input) },
    { name: 'context', share: 0.2, seeds: contextSeeds, check: (input) => checkContext(on, input) },
    { name: 'inspect', share: 0.2, seeds: envelopes, check: (input) => checkInspect(on, input) },
    { name: 'record', share: 0.015, seeds: toKey, check: recordCheck() },
    { name: 'envelope', share: 0.005, seeds: toRecipients, check: checkEnvelope },
    { name: 'exchange', share: 0.005, ...(await exchangeTarget()) },
    { name: 'stream', share: 0.01, seeds: toRecipients, check: (input) => checkStream(on, input) },
  ]
}

/** @returns what it gives, or undefined if it was refused with one of these codes. Throws what else it throws. */
function refused<T>(codes: readonly string[], work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof KmsError && codes.includes(error.code)) return undefined
    throw error
  }
}

function same(a: Uint8Array, b: Uint8Array, what: string): void {
  if (Buffer.compare(a, b) !== 0) throw new Error(`${what}: ${a.length} bytes, ${b.length} bytes, not the same`)
}

function checkHeader({ parseHeader }: Subject, input: Uint8Array): void {
  const header = refused(['malformed', 'unsupported'], () => parseHeader(input))
  if (header === undefined) return
  const written =
    header.mode === 2
      ? Buffer.concat([encodeRecipients(header, header.recipients), header.mac])
      : encodeKeyHeader(header, header.keyId, header.version)
  same(written, input.subarray(0, header.length), 'a header read and written')
}

function checkText({ fromText }: Subject, input: Uint8Array): void {
  const text = Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1')
  const bytes = refused(['malformed'], () => fromText(text))
  if (bytes !== undefined && toText(bytes) !== text) throw new Error('a text read and written is another')
}

function checkContext({ canonicalContext }: Subject, input: Uint8Array): void {
  const pairs = pairsIn(input)
  const map = new Map(pairs)
  const canonical = refused(['invalid-context'], () => canonicalContext(map))
  const asRecord = refused(['invalid-context'], () => canonicalContext(Object.fromEntries(pairs) as Context))
  if ((canonical === undefined) !== (asRecord === undefined)) throw new Error('a Map and a record differ')
  if (canonical === undefined || asRecord === undefined) return
  same(canonical, asRecord, 'a Map and a record')
  const read = decodeContext(canonical)
  if (read.length !== map.size || read.some(([name, value]) => map.get(name) !== value)) {
    throw new Error('a context written and read is another')
  }
}

const contextSeeds = [
  'a\0b',
  'tenant\0acme\0table\0users',
  '__proto__\0x\0constructor\0y\0z\0',
  '\uffee\0a\0😀\0b\0\ue000\0c',
  '\0',
  `${'long'.repeat(100)}\0${'x'.repeat(400)}`,
].map((text) => new Uint8Array(Buffer.from(text, 'utf16le')))

function checkInspect({ inspect }: Subject, input: Uint8Array): void {
  const codes = ['malformed', 'unsupported', 'invalid-argument']
  const whole = refused(codes.slice(0, 2), () => inspect(input))
  const beginning = refused(codes, () => inspect(input, { length: input.length + 2 ** 33 }))
  if (whole !== undefined && beginning === undefined) throw new Error('a beginning is refused that is read as a whole')
  if (whole !== undefined && JSON.stringify(whole).length > 200 * input.length + 2_000)
    throw new Error('it says too much')
}

/** What a message must be to come out: one of those that were sealed. */
function genuine(plaintext: Uint8Array): void {
  same(plaintext, message(plaintext.length), 'a plaintext that nobody sealed')
}

const opening = ['malformed', 'unsupported', 'no-matching-key', 'authentication-failed']

function recordCheck(): (input: Uint8Array) => void {
  const key = prepareVersionKey(parts.slots, material(), { keyId, version: 3 })
  const sealed = new Set(recordSeeds().map(({ length }) => length))
  return (input) => {
    const plaintext = refused(opening, () => key.open(input, context))
    if (plaintext === undefined) return
    genuine(plaintext)
    if (!sealed.has(input.length)) throw new Error('an envelope of a length that nobody sealed opens')
  }
}

const openers = [keyOpener(root(), parts)]

async function checkEnvelope(input: Uint8Array): Promise<void> {
  try {
    genuine(await openEnvelope(input, { context, openers, ...parts }))
  } catch (error) {
    refused(opening, () => {
      throw error
    })
  }
}

async function checkStream({ opener: create }: Subject, input: Uint8Array): Promise<void> {
  const released: Uint8Array[] = []
  const whole = await openEnvelope(input, { context, openers, ...parts }).catch(() => undefined)
  try {
    const { startLength, cipher } = await beginOpening(input.subarray(0, longestStart), { context, openers, ...parts })
    const opener = create(cipher)
    // Pieces of lengths that the input itself decides.
    for (let at = startLength, step = 1; at < input.length; at += step) {
      step = 1 + ((input[at] as number) << (at % 7))
      released.push(opener.update(input.subarray(at, at + step)))
    }
    released.push(opener.final())
  } catch (error) {
    refused(opening, () => {
      throw error
    })
    if (whole !== undefined) throw new Error('it opens as a whole, and not in pieces')
    genuine(Buffer.concat(released))
    return
  }
  const plaintext = Buffer.concat(released)
  genuine(plaintext)
  if (whole === undefined) throw new Error('it opens in pieces, and not as a whole')
  same(plaintext, whole, 'in pieces and as a whole')
}

function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
