import { Kms } from '@kms/node'
import type { RecordCipher } from './peers/record-cipher.ts'

/** A handle, and what gives it back. */
export interface OpenHandle extends AsyncDisposable {
  readonly cipher: RecordCipher
}

/** A key handle as `kms.use` gives it by default: context encoded for each call, lease deadline checked. */
export async function openHandle(): Promise<OpenHandle> {
  const kms = await Kms.ephemeral()
  await kms.keys.create('user-data', { purpose: 'encrypt' })
  const key = await kms.use('user-data', { purpose: 'encrypt' })
  return {
    cipher: {
      name: 'handle',
      seal: (plaintext, context) => key.seal(plaintext, context),
      open: (sealed, context) => key.open(sealed, context),
    },
    async [Symbol.asyncDispose]() {
      key.release()
      await kms.close()
    },
  }
}
