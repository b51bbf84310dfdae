/** @param digits hexadecimal, two a byte */
export function bytesFromHex(digits: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** Bytes that count up from `start`: the same every time, and no two neighbours alike. */
export function pattern(length: number, start: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = start + i + (i >>> 8)
  return bytes
}

export function text(string: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(string)
}
