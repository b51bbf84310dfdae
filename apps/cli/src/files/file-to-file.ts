import { open } from 'node:fs/promises'
import { type Context, KmsError, type Opener, type Recipient, type Suite } from '@kms/core'
import { interrupted } from '../interrupt.ts'
import type { Invocation } from '../invocation.ts'
import { keyIn, type Sealed } from '../seal.ts'

/** What sealing from file to file takes besides its recipients. */
export interface FileWork {
  readonly from: string
  readonly to: string
  readonly context: Context
  readonly force: boolean
  readonly resume: boolean
  /** Told how many bytes more are done. */
  readonly progress: (more: number) => void
}

/** Seals a file into another to recipients: at the speed of the cipher, and with `resume` to be gone on with. */
export async function sealFileTo(
  { signal }: Invocation<unknown>,
  recipients: readonly Recipient[],
  openers: readonly Opener[],
  { from, to, resume, progress, ...options }: FileWork & { readonly suite: Suite },
): Promise<Sealed & { readonly resumedFrom: number }> {
  const { sealFile } = await import('@kms/node')
  const result = await noting(resume, () =>
    sealFile(from, to, {
      ...options,
      recipients,
      signal,
      onProgress: steps(progress),
      ...(resume && { resume: { openers } }),
    }),
  )
  return { ...result, key: await keyOf(to) }
}

/** Opens a file into another, to be gone on with. @returns bytes of the message */
export async function openFileTo(
  { signal }: Invocation<unknown>,
  openers: readonly Opener[],
  { from, to, resume, progress, ...options }: FileWork,
): Promise<number> {
  const { openFile } = await import('@kms/node')
  const work = { ...options, openers, signal, resume, onProgress: steps(progress) }
  return (await noting(resume, () => openFile(from, to, work))).bytes
}

/** What was kept is said when Ctrl-C ends the command. */
async function noting<T>(resume: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (resume && error instanceof KmsError && error.code === 'aborted') interrupted.kept = error.message
    throw error
  }
}

function steps(progress: (more: number) => void): (done: number) => void {
  let before = 0
  return (done) => {
    progress(done - before)
    before = done
  }
}

async function keyOf(path: string): Promise<Sealed['key']> {
  const file = await open(path, 'r')
  try {
    const start = new Uint8Array(65_536)
    const { bytesRead } = await file.read(start, 0, start.length, 0)
    return await keyIn(start.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}
