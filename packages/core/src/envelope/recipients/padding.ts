import { invalidArgument } from '../../refusals.ts'
import { stanzaPrefix } from '../header.ts'
import type { Recipient } from '../recipient.ts'

// Recipient kind 0: room. Zeros when written, ignored when read. Envelope v1 §Mode 2.

/**
 * Room in a header, so that recipients can later be added in place, without a copy of a large file.
 * @param length bytes of header that it takes, 3 to 65,496: a key needs 63, a password 69
 * @throws `invalid-argument`
 */
export function paddingRecipient(length: number): Recipient {
  if (!Number.isInteger(length) || length < stanzaPrefix || length > 65_496) {
    throw invalidArgument('Padding takes 3 to 65,496 bytes of header.')
  }
  return { kind: 0, wrap: async () => new Uint8Array(length - stanzaPrefix) }
}
