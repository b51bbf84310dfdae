import { createHash } from 'node:crypto'
import { Mismatch } from './outcome.ts'

/** The bytes of a field in hex, in an array of their own. */
export function hex(field: unknown): Uint8Array {
  if (typeof field !== 'string' || !/^([0-9a-f]{2})*$/i.test(field))
    throw new Mismatch('the file holds a field that is not hex')
  return new Uint8Array(Buffer.from(field, 'hex'))
}

export function sha512(bytes: Uint8Array): Uint8Array {
  return createHash('sha512').update(bytes).digest()
}
