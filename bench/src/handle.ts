import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kms, keyRoot, memoryLastSeen } from '@kms/node'
import type { RecordCipher } from './peers/record-cipher.ts'

/** A handle, and what gives it back. */
export interface OpenHandle extends AsyncDisposable {
  readonly cipher: RecordCipher
}

/** A key handle as `kms.use` gives it by default: context encoded for each call, lease deadline checked, uses counted. */
export async function openHandle(): Promise<OpenHandle> {
  return handleOf('handle', await Kms.ephemeral(), async () => {})
}

/**
 * The same as an application has it: its store is a file that is followed for changes, the lease is renewed, the session written, and uses
 * are written down while it seals.
 */
export async function openStoredHandle(): Promise<OpenHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-bench-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true })
  const root = keyRoot(crypto.getRandomValues(new Uint8Array(32)))
  const options = { root, lastSeen: memoryLastSeen(), onWarning: () => {} }
  try {
    return await handleOf('handle, store on disk', await Kms.create(`sqlite:${join(folder, 'keys')}`, options), remove)
  } catch (error) {
    await remove()
    throw error
  }
}

async function handleOf(name: string, kms: Kms, afterwards: () => Promise<void>): Promise<OpenHandle> {
  await kms.keys.create('user-data', { purpose: 'encrypt' })
  const key = await kms.use('user-data', { purpose: 'encrypt' })
  return {
    cipher: {
      name,
      seal: (plaintext, context) => key.seal(plaintext, context),
      open: (sealed, context) => key.open(sealed, context),
    },
    async [Symbol.asyncDispose]() {
      key.release()
      await kms.close()
      await afterwards()
    },
  }
}
