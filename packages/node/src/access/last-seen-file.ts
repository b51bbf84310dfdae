import { constants } from 'node:fs'
import { access, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KmsError, type LastSeen, type LastSeenState, newest, replaced, type SeenHead } from '@kms/core'
import { writeFileAtomically } from '../files/atomic-write.ts'
import { stateFolder } from '../state-folder.ts'
import { LockFile } from './lock-file.ts'

export interface LastSeenFileOptions {
  /** The folder of the files, one a store; `last-seen` in the user's state folder unless given. */
  readonly folder?: string
  /** Told, once, that nothing can be remembered here. */
  readonly onWarning?: (message: string) => void
}

const sizeLimit = 1 << 20
/** Longer than a process that was stopped and goes on, or a slow disk, holds it. */
const lockTimeoutMs = 10_000
/** That this user has no state folder here; anything else is a fault, and passes or is mended. */
const noFolder: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EEXIST', 'EACCES', 'EPERM', 'EROFS'])

/**
 * Remembers across restarts what this user's processes have seen of each store, one small file a store, mode 600. What is
 * written never takes back a larger epoch that another process wrote. A state folder that this user cannot have is a warning, no
 * failure: without it rollbacks are noticed by open processes only. A file that is there and cannot be read is a failure, and is kept: to
 * take it for nothing would accept any older store.
 */
export class LastSeenFile implements LastSeen {
  readonly #folder: string
  readonly #warn: (message: string) => void
  readonly #lock: LockFile
  #warned = false
  // One after the other in this process; the lock is for others.
  #writing: Promise<void> = Promise.resolve()

  constructor(options: LastSeenFileOptions = {}) {
    this.#folder = options.folder ?? join(stateFolder(), 'last-seen')
    this.#lock = new LockFile(join(this.#folder, 'lock'))
    this.#warn = options.onWarning ?? (() => {})
  }

  /**
   * @returns null if nothing was seen of that store, or this user has no state folder, which is warned of
   * @throws `file-unavailable` for a file that is damaged, or cannot be read
   */
  async read(fingerprint: string): Promise<LastSeenState | null> {
    const path = this.#path(fingerprint)
    try {
      return parse(await readFile(path, 'utf8'))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      const folder = await access(this.#folder, constants.X_OK).catch((none: unknown) => none)
      if (folder !== undefined && noFolder.has(codeOf(folder))) {
        this.#warnOf(`${this.#folder} cannot be read`, error)
        return null
      }
      throw new KmsError(
        'file-unavailable',
        `${path} cannot be read (${why(error)}). It says how new this machine has seen the store, so nothing is done without it. Mend it; or, if you are sure that nobody put an older store in place, remove ${path}: what is seen from then on is remembered.`,
        { cause: error },
      )
    }
  }

  /**
   * Merges `state` into the file, the larger epoch of each log winning, unless it is to replace what was seen.
   * @throws `file-unavailable` where another process holds its lock for ten seconds, what is there cannot be read, or the disk is full
   */
  write(fingerprint: string, state: LastSeenState, replace = false): Promise<void> {
    const path = this.#path(fingerprint)
    this.#writing = this.#writing.catch(() => {}).then(() => this.#merge(path, fingerprint, state, replace))
    return this.#writing
  }

  async #merge(path: string, fingerprint: string, state: LastSeenState, replace: boolean): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      await this.#lock.holding(lockTimeoutMs, async () => {
        const before = await this.read(fingerprint)
        const { logs } = before === null ? state : replace ? replaced(before, state) : newest(before, state)
        await writeFileAtomically(path, new TextEncoder().encode(`${JSON.stringify({ logs })}\n`), { force: true })
      })
    } catch (error) {
      if (error instanceof KmsError) throw error
      if (noFolder.has(codeOf(error))) return this.#warnOf(`${this.#folder} cannot be written`, error)
      throw new KmsError('file-unavailable', `${path} cannot be written: ${why(error)}.`, { cause: error })
    }
  }

  #path(fingerprint: string): string {
    if (!/^[\x21-\x7e]{1,128}$/.test(fingerprint)) {
      throw new KmsError('invalid-argument', 'A fingerprint has 1 to 128 characters of printable ASCII.')
    }
    const name = fingerprint.replace(/[^A-Za-z0-9_-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    return join(this.#folder, `${name}.json`)
  }

  #warnOf(what: string, error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    this.#warn(`${what} (${why(error)}): a store rolled back while no process has it open would go unnoticed.`)
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
const why = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** @throws Error for damaged or foreign contents */
function parse(text: string): LastSeenState {
  if (text.length > sizeLimit) throw new Error('it is too large')
  const value: unknown = JSON.parse(text)
  const logs = isObject(value) ? value.logs : undefined
  if (!isObject(logs)) throw new Error('it is not of our making')
  const seen: Record<string, SeenHead> = {}
  for (const [log, head] of Object.entries(logs)) {
    if (!isObject(head)) throw new Error('it is not of our making')
    const { epoch, root, size, frontier } = head
    const whole = Number.isSafeInteger(epoch) && Number.isSafeInteger(size) && typeof root === 'string'
    if (!whole || !Array.isArray(frontier) || !frontier.every((hash) => typeof hash === 'string')) {
      throw new Error('it is not of our making')
    }
    seen[log] = { epoch: epoch as number, root, size: size as number, frontier }
  }
  return { logs: seen }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
