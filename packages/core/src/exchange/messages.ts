import { concat, readU16, u16 } from '../encoding/bytes.ts'
import { malformed, unsupported } from './refusals.ts'
import { type ExchangeSuite, exchangeSuites, suiteOf } from './suites.ts'

// The messages as bytes (exchange v1 §Messages). Readers take nothing on trust: every length is checked, and nothing may follow.

/** `kmsx`, and the version. */
const magic = Uint8Array.of(0x6b, 0x6d, 0x73, 0x78, 1)
const headerLength = 6
const offersLimit = 8
const tagLength = 16

/** Bytes of a first message at most. */
const helloLimit = 4_096
/** Bytes of evidence at most: a certificate chain, say. */
export const evidenceLimit = 16_384
/** Bytes of a public key or signature at most; those of every algorithm here are shorter. */
const partLimit = 1_024
/** Bytes of a second or third message at most. */
const messageLimit = 20_480
export const macLength = 32

/** A suite with the initiator's share for it. */
export interface Offer {
  readonly suite: ExchangeSuite
  readonly share: Uint8Array
}

/** `header ‖ count u8 ‖ ( suite u8 ‖ length u16 ‖ share )*` */
export function encodeHello(offers: readonly Offer[]): Uint8Array {
  const parts = offers.map(({ suite, share }) =>
    concat(Uint8Array.of(exchangeSuites[suite].number), u16(share.length), share),
  )
  return concat(header(1), Uint8Array.of(offers.length), ...parts)
}

/**
 * The offers of a first message that this release knows, in their order.
 * @throws `malformed`; `unsupported` for another version
 */
export function parseHello(message: Uint8Array): readonly Offer[] {
  checkHeader(message, 1, helloLimit)
  const count = message[headerLength] ?? 0
  if (count === 0 || count > offersLimit) throw malformed(`it offers ${count} suites`)
  const numbers = new Set<number>()
  const offers: Offer[] = []
  let at = headerLength + 1
  for (let i = 0; i < count; i++) {
    if (at + 3 > message.length) throw malformed('it ends within an offer')
    const number = message[at] as number
    const length = readU16(message, at + 1)
    at += 3
    if (at + length > message.length) throw malformed('it ends within a share')
    if (numbers.has(number)) throw malformed('it offers a suite twice')
    numbers.add(number)
    const suite = suiteOf(number)
    if (suite !== undefined) {
      if (length !== exchangeSuites[suite].shareLength) throw malformed('a share has another length than its suite')
      offers.push({ suite, share: message.slice(at, at + length) })
    }
    at += length
  }
  if (at !== message.length) throw malformed('something follows it')
  return offers
}

/** What stands before the sealed body of a second message: `header ‖ suite u8 ‖ share`. */
export function answerHead({ suite, share }: Offer): Uint8Array {
  return concat(header(2), Uint8Array.of(exchangeSuites[suite].number), share)
}

/** A second message, its parts copied. @throws `malformed`; `unsupported` for another version or suite */
export function parseAnswer(message: Uint8Array): Offer & { readonly head: Uint8Array; readonly sealed: Uint8Array } {
  checkHeader(message, 2, messageLimit)
  const number = message[headerLength] ?? 0
  const suite = suiteOf(number)
  if (suite === undefined) throw unsupported(`The answer takes suite ${number}, which this release does not know`)
  const headLength = headerLength + 1 + exchangeSuites[suite].shareLength
  if (message.length < headLength + tagLength) throw malformed('it ends before its body does')
  const head = message.slice(0, headLength)
  return { suite, share: head.slice(headerLength + 1), head, sealed: message.slice(headLength) }
}

/** A third message: `header ‖ sealed body`. */
export function encodeConfirmation(sealed: Uint8Array): Uint8Array {
  return concat(header(3), sealed)
}

/** The sealed body of a third message, copied. @throws `malformed`; `unsupported` for another version */
export function parseConfirmation(message: Uint8Array): Uint8Array {
  checkHeader(message, 3, messageLimit)
  if (message.length < headerLength + tagLength) throw malformed('it ends before its body does')
  return message.slice(headerLength)
}

/** Who somebody says to be: `algorithm u16 ‖ length u16 ‖ public key ‖ length u16 ‖ evidence`. */
export interface Identity {
  /** The number of a signature algorithm, as in signed contents (envelope v1, content 5). */
  readonly algorithm: number
  readonly publicKey: Uint8Array
  readonly evidence: Uint8Array
}

export function encodeIdentity({ algorithm, publicKey, evidence }: Identity): Uint8Array {
  return concat(u16(algorithm), u16(publicKey.length), publicKey, u16(evidence.length), evidence)
}

/** What a body is made of; views on it. */
export interface Body {
  readonly identity: Identity
  /** The identity's bytes. */
  readonly identityBytes: Uint8Array
  readonly signature: Uint8Array
  /** All that the mac is over: what stands before it. */
  readonly macked: Uint8Array
  readonly mac: Uint8Array
}

/** What the mac of a body is over: `identity ‖ length u16 ‖ signature`. */
export function mackedBytes(identityBytes: Uint8Array, signature: Uint8Array): Uint8Array {
  return concat(identityBytes, u16(signature.length), signature)
}

/** Reads `identity ‖ length u16 ‖ signature ‖ mac`. @throws `malformed` */
export function parseBody(body: Uint8Array): Body {
  let at = 2
  const part = (limit: number): Uint8Array => {
    if (at + 2 > body.length) throw malformed('a body ends early')
    const length = readU16(body, at)
    at += 2
    if (length > limit || at + length > body.length) throw malformed('a part of a body is too long')
    at += length
    return body.subarray(at - length, at)
  }
  const publicKey = part(partLimit)
  const evidence = part(evidenceLimit)
  const identityBytes = body.subarray(0, at)
  const signature = part(partLimit)
  const macked = body.subarray(0, at)
  if (at + macLength !== body.length) throw malformed('a body has another length than its parts')
  const identity = { algorithm: readU16(body, 0), publicKey, evidence }
  return { identity, identityBytes, signature, macked, mac: body.subarray(at) }
}

function header(message: 1 | 2 | 3): Uint8Array {
  return concat(magic, Uint8Array.of(message))
}

function checkHeader(message: Uint8Array, number: 1 | 2 | 3, limit: number): void {
  if (!(message instanceof Uint8Array) || message.length < headerLength) throw malformed('it has no header')
  if (message.length > limit) throw malformed(`it has more than ${limit} bytes`)
  for (let i = 0; i < magic.length - 1; i++) if (message[i] !== magic[i]) throw malformed('it has no header')
  if (message[4] !== magic[4]) throw unsupported(`The exchange has version ${message[4]}, which is not known here`)
  if (message[5] !== number) throw malformed(`it is message ${message[5]}, and message ${number} was awaited`)
}
