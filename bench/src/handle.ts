import { randomBytes } from 'node:crypto'
import { prepareRecordKey } from '@kms/core/envelope'
import { createWasmKeySlots } from '@kms/core/hazmat'
import type { RecordCipher } from './peers/record-cipher.ts'

/** A handle, and what gives it back. */
export interface OpenHandle extends AsyncDisposable {
  readonly cipher: RecordCipher
  /** What is missing where it is not yet what `kms.use` gives: it is timed for the record then, and meets no target. */
  readonly note?: string
}

/** The hot path below `kms.use`: a record key over WASM slots, the context encoded for each call. */
export async function openHandle(): Promise<OpenHandle> {
  const slots = createWasmKeySlots()
  const material = slots.importKey(randomBytes(32))
  const key = prepareRecordKey(slots, material, { keyId: randomBytes(16), version: 1 })
  return {
    note: 'Not built yet: kms.use. For the record, a record key over WASM slots, without a lease.',
    cipher: {
      name: 'record key, WASM slots',
      seal: (plaintext, context) => key.seal(plaintext, context),
      open: (sealed, context) => key.open(sealed, context),
    },
    async [Symbol.asyncDispose]() {
      slots.wipe()
    },
  }
}
