import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { stateFolder } from '../state-folder.ts'
import { syncFolder } from '../sync-folder.ts'
import { writeFileAtomically } from './atomic-write.ts'

// What is remembered of work on a file that was stopped, so that it can be gone on with. It holds no secret: the unfinished file does,
// sealed or with the permissions of its owner. It lies in the user's state folder, not beside the output: docs/decisions/resume.md.

export type Doing = 'encrypt' | 'decrypt'

/** Where work on a file stopped. */
export interface Stopped {
  /** The unfinished file's name, in the folder of the output. */
  readonly partial: string
  /** Bytes of it that were written. */
  readonly done: number
  /**
   * The commitment of what was being sealed, in base64: it says which content key and salt. Another envelope that opens for the same
   * recipients and begins with the same plaintext, put in the unfinished file's place, may have sealed something else behind that.
   */
  readonly commitment?: string | undefined
  /**
   * What was on its way when writing failed, of which some may be out: its length, and SHA-256 in base64. Only of sealed bytes: what
   * was decrypted is not remembered in any form.
   */
  readonly attempted?: { readonly length: number; readonly sha256: string } | undefined
}

const sizeLimit = 4096

/**
 * Takes over what was left, so that nobody else goes on with it: of several that try, one gets it. The note is gone, durably, before
 * anything is written, so that no older one can come back.
 * @returns undefined if there is nothing, or it cannot be read
 */
export async function takeStopped(doing: Doing, output: string): Promise<Stopped | undefined> {
  const path = notePath(doing, output)
  // Moved before it is read: who read first and deleted then could delete a later note, and go on by the earlier one.
  const taken = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await rename(path, taken)
    const text = await readFile(taken, 'utf8')
    await unlink(taken)
    await syncFolder(dirname(path))
    return parse(text)
  } catch {
    return undefined
  }
}

/** Leaves a note of where work stopped. @throws what writing it throws */
export async function leaveStopped(doing: Doing, output: string, stopped: Stopped): Promise<void> {
  const path = notePath(doing, output)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Not synced: that could take as long as all that was written before it, and without a note the work is only begun anew.
  const note = new TextEncoder().encode(`${JSON.stringify(stopped)}\n`)
  await writeFileAtomically(path, note, { force: true, durable: false })
}

function notePath(doing: Doing, output: string): string {
  const name = createHash('sha256')
    .update(`${doing}\0${resolve(output)}`)
    .digest('hex')
  return join(stateFolder(), 'stopped', `${name.slice(0, 32)}.json`)
}

function parse(text: string): Stopped | undefined {
  if (text.length > sizeLimit) return undefined
  const { partial, done, commitment, attempted } = JSON.parse(text) as Partial<Stopped>
  if (typeof partial !== 'string' || partial !== basename(partial) || !partial.endsWith('.tmp')) return undefined
  if (typeof done !== 'number' || !Number.isSafeInteger(done) || done < 1) return undefined
  if (commitment !== undefined && typeof commitment !== 'string') return undefined
  if (attempted !== undefined && (typeof attempted.length !== 'number' || typeof attempted.sha256 !== 'string'))
    return undefined
  return { partial, done, commitment, attempted }
}
