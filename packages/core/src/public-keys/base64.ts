import { fromText, toText } from '../envelope/text.ts'

/** Base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  const unpadded = toText(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, '=')
}

/** Reads base64 in its one form: padded, no white space. Throws where it is in none. */
export function fromBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new RangeError('no base64')
  return fromText(text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'))
}
