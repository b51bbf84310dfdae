// Key material as people write it. It is read from bytes to bytes: a string could not be wiped.

const [space, lineEnd, carriageReturn, tab, equals] = [0x20, 0x0a, 0x0d, 0x09, 0x3d]

/** Bytes written in hexadecimal, in either case. @returns undefined for anything else */
export function fromHex(written: Uint8Array): Uint8Array | undefined {
  const text = trimmed(written)
  if (text.length % 2 !== 0) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (const [i, character] of text.entries()) {
    const digit = hexDigit(character)
    if (digit === undefined) return undefined
    bytes[i >> 1] = ((bytes[i >> 1] as number) << 4) | digit
  }
  return bytes
}

/** Bytes written in base64 or base64url, padded or not. @returns undefined for anything else */
export function fromBase64(written: Uint8Array): Uint8Array | undefined {
  const whole = trimmed(written)
  const padding = whole.at(-1) !== equals ? 0 : whole.at(-2) !== equals ? 1 : 2
  const text = whole.subarray(0, whole.length - padding)
  if (text.length % 4 === 1 || (padding > 0 && whole.length % 4 !== 0)) return undefined
  const bytes = new Uint8Array((text.length * 3) >> 2)
  let [bits, count, at] = [0, 0, 0]
  for (const character of text) {
    const digit = base64Digit(character)
    if (digit === undefined) return undefined
    bits = ((bits << 6) | digit) & 0xfff
    count += 6
    if (count < 8) continue
    count -= 8
    bytes[at++] = (bits >> count) & 0xff
  }
  return bytes
}

function trimmed(text: Uint8Array): Uint8Array {
  let [from, to] = [0, text.length]
  while (from < to && isSpace(text[from] as number)) from++
  while (to > from && isSpace(text[to - 1] as number)) to--
  return text.subarray(from, to)
}

const isSpace = (character: number): boolean => [space, lineEnd, carriageReturn, tab].includes(character)

const within = (character: number, first: string, last: string): boolean =>
  character >= first.charCodeAt(0) && character <= last.charCodeAt(0)

function hexDigit(character: number): number | undefined {
  if (within(character, '0', '9')) return character - 0x30
  const lower = character | 0x20
  return within(lower, 'a', 'f') ? lower - 0x61 + 10 : undefined
}

function base64Digit(character: number): number | undefined {
  if (within(character, 'A', 'Z')) return character - 0x41
  if (within(character, 'a', 'z')) return character - 0x61 + 26
  if (within(character, '0', '9')) return character - 0x30 + 52
  if (within(character, '+', '+') || within(character, '-', '-')) return 62
  return within(character, '/', '/') || within(character, '_', '_') ? 63 : undefined
}
