import { KmsError } from '@kms/core'

const length = 32

/**
 * A bare key of 32 bytes out of its text: 43 characters of base64url (a `=` at the end is allowed, as some tools write it) or 64 of hex; white space around it does not count.
 * @param what names the source to people
 * @throws `invalid-argument`; the message holds nothing of the text
 */
export function bareKeyFromText(text: string, what: string): Uint8Array {
  return bareKeyFromFile(new TextEncoder().encode(text), what, false)
}

/**
 * The same out of a file's contents, which may also be the 32 bytes themselves. `contents` is wiped. No string is made of them,
 * since strings cannot be wiped and stay in memory until their space is used again.
 */
export function bareKeyFromFile(contents: Uint8Array, what: string, raw = true): Uint8Array {
  try {
    if (raw && contents.length === length) return contents.slice()
    const text = trimmed(contents)
    const key = text.length === 64 ? fromHex(text) : fromBase64url(text)
    if (key !== undefined) return key
    throw new KmsError(
      'invalid-argument',
      `${what} holds no key: 32 bytes are 43 characters of base64url, or 64 of hex. "openssl rand -hex 32" makes one.`,
    )
  } finally {
    contents.fill(0)
  }
}

function trimmed(bytes: Uint8Array): Uint8Array {
  const space = (byte: number | undefined): boolean => byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13)
  let [start, end] = [0, bytes.length]
  while (start < end && space(bytes[start])) start++
  while (end > start && space(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}

function fromHex(text: Uint8Array): Uint8Array | undefined {
  return decoded(text, 4, (c) => {
    if (c >= 0x30 && c <= 0x39) return c - 0x30
    const lower = c | 0x20
    return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
  })
}

function fromBase64url(text: Uint8Array): Uint8Array | undefined {
  if (text.length === 44 && text[43] !== 0x3d) return undefined
  if (text.length !== 43 && text.length !== 44) return undefined
  return decoded(text.subarray(0, 43), 6, (c) => {
    if (c >= 0x41 && c <= 0x5a) return c - 0x41
    if (c >= 0x61 && c <= 0x7a) return c - 0x47
    if (c >= 0x30 && c <= 0x39) return c + 4
    return c === 0x2d ? 62 : c === 0x5f ? 63 : -1
  })
}

/** 32 bytes of digits of some bits each; undefined where a digit is none, or bits that are left over are not zero. */
function decoded(text: Uint8Array, bits: number, digit: (character: number) => number): Uint8Array | undefined {
  const key = new Uint8Array(length)
  let [held, holding, at] = [0, 0, 0]
  for (const character of text) {
    const value = digit(character)
    if (value < 0) {
      key.fill(0)
      return undefined
    }
    held = ((held << bits) | value) & 0xfff
    holding += bits
    if (holding >= 8) {
      holding -= 8
      key[at++] = held >>> holding
    }
  }
  if ((held & ((1 << holding) - 1)) === 0) return key
  key.fill(0)
  return undefined
}

/** The text form that files hold: base64url and a line end. */
export function bareKeyText(key: Uint8Array): string {
  return `${Buffer.from(key.buffer, key.byteOffset, key.length).toString('base64url')}\n`
}
