import { invalidArgument } from '../refusals.ts'
import { toHex } from './bytes.ts'

/** A key id's 16 bytes as a UUID in lower case, RFC 9562 §4. Any 16 bytes; fingerprints are written so, too. */
export function formatUuid(id: Uint8Array): string {
  const hex = toHex(id)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * The 16 bytes of a UUID, in either case.
 * @throws `invalid-argument`
 */
export function parseUuid(uuid: string): Uint8Array {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) {
    throw invalidArgument('A key id is a UUID such as 7bd5d47e-446f-4ec2-a3d8-11736110e578.')
  }
  const id = new Uint8Array(16)
  // Where the digits are between the hyphens.
  for (let i = 0, at = 0; i < 16; i++, at += 2) {
    if (uuid[at] === '-') at++
    id[i] = Number.parseInt(uuid.slice(at, at + 2), 16)
  }
  return id
}
