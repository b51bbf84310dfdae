import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KmsError, type LastSeen, type LastSeenState, newest, replaced, type SeenHead } from '@kms/core'
import { writeFileAtomically } from '../files/atomic-write.ts'
import { LockFile } from './lock-file.ts'
import { stateFolder } from './state-folder.ts'

export interface LastSeenFileOptions {
  /** The folder of the files, one a store; `last-seen` in the user's state folder unless given. */
  readonly folder?: string
  /** Told, once, that nothing can be remembered here. */
  readonly onWarning?: (message: string) => void
}

const sizeLimit = 1 << 20
const lockTimeoutMs = 2_000

/**
 * Remembers across restarts what this user's processes have seen of each store, one small file a store, mode 600. What is
 * written never takes back a larger epoch that another process wrote. A state folder that cannot be written is a warning, no
 * failure: without it rollbacks are noticed by open processes only.
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

  /** @returns null if nothing was seen of that store, or it cannot be read, which is warned of */
  async read(fingerprint: string): Promise<LastSeenState | null> {
    const path = this.#path(fingerprint)
    try {
      const text = await readFile(path, 'utf8')
      return parse(text)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#warnOf(`${path} cannot be read`, error)
      return null
    }
  }

  /** Merges `state` into the file, the larger epoch of each log winning, unless it is to replace what was seen. */
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
      this.#warnOf(`${this.#folder} cannot be written`, error)
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
    const why = error instanceof Error ? error.message : String(error)
    this.#warn(`${what} (${why}): a store rolled back while no process has it open would go unnoticed.`)
  }
}

/** Damaged or foreign contents are an error, which is warned of and treated as nothing seen. */
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
