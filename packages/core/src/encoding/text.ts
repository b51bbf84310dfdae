import { invalidArgument, malformed, requireBytes } from '../refusals.ts'

// RFC 4648 §5.
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))

/** 64 marks a character outside the alphabet. */
const values = new Uint8Array(128).fill(64)
for (let i = 0; i < 64; i++) values[codes[i] as number] = i

const decoder = new TextDecoder()

// Text of a record is written here and decoded at once: an array of its own costs more than all the rest (Node 20: 640 to 260 ns).
const scratch = new Uint8Array(4096)

/** Finds envelopes in text; every text form starts like this. */
export const textPattern: RegExp = /kms1A[Qg][AEIMQUY][ABC]A[A-P]/

/** The text form: unpadded base64url (RFC 4648 §5) of any bytes; of an envelope, it starts with `kms1`. */
export function toText(bytes: Uint8Array): string {
  requireBytes(bytes, 'The envelope')
  const whole = bytes.length - (bytes.length % 3)
  const length = Math.ceil((bytes.length * 4) / 3)
  const text = length <= scratch.length ? scratch : new Uint8Array(length)
  let at = 0
  for (let i = 0; i < whole; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number)
    text[at++] = codes[group >> 18] as number
    text[at++] = codes[(group >> 12) & 63] as number
    text[at++] = codes[(group >> 6) & 63] as number
    text[at++] = codes[group & 63] as number
  }
  if (bytes.length > whole) {
    const group = ((bytes[whole] as number) << 16) | ((bytes[whole + 1] ?? 0) << 8)
    text[at++] = codes[group >> 18] as number
    text[at++] = codes[(group >> 12) & 63] as number
    if (bytes.length - whole === 2) text[at] = codes[(group >> 6) & 63] as number
  }
  return decoder.decode(text.subarray(0, length))
}

/**
 * The bytes of a text form. Canonical only: no padding, no white space, no other alphabet, unused bits zero, so that one
 * envelope has one text.
 * @throws `malformed`; `invalid-argument` if it is no string
 */
export function fromText(text: string): Uint8Array {
  if (typeof text !== 'string') throw invalidArgument('The text form of an envelope is a string.')
  const length = text.length
  const rest = length & 3
  if (rest === 1) throw notCanonical('it has a length that no text form has')
  const bytes = new Uint8Array(Math.floor((length * 3) / 4))
  const whole = length - rest
  // One bit 6 or above in any value of the whole text means a character outside the alphabet: looked at once, at the end.
  let seen = 0
  let at = 0
  for (let i = 0; i < whole; i += 4) {
    const a = value(text.charCodeAt(i))
    const b = value(text.charCodeAt(i + 1))
    const c = value(text.charCodeAt(i + 2))
    const d = value(text.charCodeAt(i + 3))
    seen |= a | b | c | d
    bytes[at++] = (a << 2) | (b >> 4)
    bytes[at++] = (b << 4) | (c >> 2)
    bytes[at++] = (c << 6) | d
  }
  let unused = 0
  if (rest > 0) {
    const a = value(text.charCodeAt(whole))
    const b = value(text.charCodeAt(whole + 1))
    seen |= a | b
    bytes[at++] = (a << 2) | (b >> 4)
    unused = b & 15
    if (rest === 3) {
      const c = value(text.charCodeAt(whole + 2))
      seen |= c
      bytes[at] = (b << 4) | (c >> 2)
      unused = c & 3
    }
  }
  if ((seen & 64) !== 0)
    throw notCanonical('it holds a character outside A–Z a–z 0–9 - _, such as white space or padding')
  if (unused !== 0) throw notCanonical('its last character has unused bits set')
  return bytes
}

function value(code: number): number {
  return code < 128 ? (values[code] as number) : 64
}

function notCanonical(why: string): Error {
  return malformed(`the text form is not canonical, ${why}`)
}
