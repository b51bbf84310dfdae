import { KmsError } from '../errors.ts'

/**
 * Refuses key material that nobody would call random: bytes that are all the same, or plain text.
 * @param what it is called in the message
 * @throws `weak-key`
 */
export function refuseWeak(bytes: Uint8Array, what: string): void {
  let differs = 0
  let printable = 1
  for (const byte of bytes) {
    differs |= byte ^ (bytes[0] as number)
    if (byte < 0x20 || byte > 0x7e) printable = 0
  }
  if (differs === 0) throw new KmsError('weak-key', `All bytes of ${what} are the same. Generate a random one.`)
  if (printable === 1) {
    throw new KmsError(
      'weak-key',
      `${what.slice(0, 1).toUpperCase()}${what.slice(1)} is plain text, which is too easy to guess. Take random bytes, or a password where a password may be.`,
    )
  }
}
