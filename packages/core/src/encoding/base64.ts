import { fromText, toText } from './text.ts'

// Base64 (RFC 4648 §4), by way of our text form, which is base64url: the same but for two characters.

/** Base64 without padding. */
export function toUnpaddedBase64(bytes: Uint8Array): string {
  return toText(bytes).replaceAll('-', '+').replaceAll('_', '/')
}

/** Reads base64 without padding, in its one form. Throws where it is in none. */
export function fromUnpaddedBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*$/.test(text)) throw new RangeError('no base64')
  return fromText(text.replaceAll('+', '-').replaceAll('/', '_'))
}

/** Base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  const unpadded = toUnpaddedBase64(bytes)
  return unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, '=')
}

/** Reads base64 in its one form: padded, no white space. Throws where it is in none. */
export function fromBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new RangeError('no base64')
  return fromUnpaddedBase64(text.replace(/=+$/, ''))
}
