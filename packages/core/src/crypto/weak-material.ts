import { KmsError } from '../errors.ts'

/** No key has fewer bytes: 128 bits. */
const shortest = 16

/** Patterns up to this many bytes are looked for. */
const longestPattern = 8

/**
 * Refuses key material that nobody would call random, by looking at it: too short, all bytes the same, a short pattern repeated, or plain
 * text.
 * @param what it is called in the message
 * @param least bytes, 16 unless given
 * @throws `weak-key`, with the reason
 */
export function refuseWeak(bytes: Uint8Array, what: string, least: number = shortest): void {
  if (bytes.length < least) {
    throw weakKey(what, `has ${bytes.length} bytes, and fewer than ${least} can be guessed. Generate a random one`)
  }
  // No branch on a single byte: the loops are the same for every key of that length.
  let printable = 1
  for (const byte of bytes) if (byte < 0x20 || byte > 0x7e) printable = 0
  const period = shortestPeriod(bytes)
  if (period === 1) throw new KmsError('weak-key', `All bytes of ${what} are the same. Generate a random one.`)
  if (period > 0) throw weakKey(what, `is ${period} bytes, repeated. Generate a random one`)
  if (printable === 1) {
    throw weakKey(
      what,
      'is plain text, which is too easy to guess. Take random bytes, or a password where a password may be',
    )
  }
}

/** The least period up to `longestPattern` of bytes that are at least two of it, or 0. */
function shortestPeriod(bytes: Uint8Array): number {
  let found = 0
  for (let period = Math.min(longestPattern, bytes.length >> 1); period > 0; period--) {
    let differs = 0
    for (let i = period; i < bytes.length; i++) differs |= (bytes[i] as number) ^ (bytes[i - period] as number)
    if (differs === 0) found = period
  }
  return found
}

/** `what` is written as a sentence's start, whatever it starts with. */
export function weakKey(what: string, why: string): KmsError {
  return new KmsError('weak-key', `${what.slice(0, 1).toUpperCase()}${what.slice(1)} ${why}.`)
}
