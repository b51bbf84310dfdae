import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CaseRandom } from '../../differential/random.ts'

/** What keeps the race from being run, in a sentence that says what to do. */
export class NoFaketime extends Error {}

/** libfaketime, where Debian's package puts it. @throws NoFaketime */
function libfaketime(): string {
  for (const folder of ['/usr/lib', '/usr/local/lib', ...architectures()]) {
    const path = `${folder}/faketime`
    if (listed(path).includes('libfaketime.so.1')) return `${path}/libfaketime.so.1`
  }
  throw new NoFaketime('libfaketime is missing. Install it: apt-get install faketime')
}

const architectures = (): readonly string[] =>
  listed('/usr/lib').flatMap((name) => (name.endsWith('-linux-gnu') ? [`/usr/lib/${name}`] : []))

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** One of the processes: killed, stopped and started again, each time with another clock. */
export class Runner {
  readonly name: string
  stopped = false
  readonly #script: string
  readonly #arguments: (seed: number) => readonly string[]
  readonly #random: CaseRandom
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()

  constructor(name: string, script: URL, random: CaseRandom, arguments_: (seed: number) => readonly string[]) {
    this.name = name
    this.#script = fileURLToPath(script)
    this.#random = random
    this.#arguments = arguments_
  }

  start(): void {
    const days = this.#random.below(731) - 365
    const child = spawn(process.execPath, [this.#script, ...this.#arguments(this.#random.word())], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        LD_PRELOAD: libfaketime(),
        FAKETIME: `${days < 0 ? '' : '+'}${days}d`,
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    })
    this.#child = child
    this.#ended = once(child, 'exit')
    this.stopped = false
  }

  /** Whether it ended by itself. */
  get failed(): boolean {
    return this.#child !== undefined && this.#child.exitCode !== null
  }

  async kill(): Promise<void> {
    this.killNow()
    await this.#ended
  }

  /** SIGKILL, without waiting for the end. */
  killNow(): void {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
  }

  async stopFor(milliseconds: number): Promise<void> {
    this.stopped = true
    this.#child?.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    this.#child?.kill('SIGCONT')
    this.stopped = false
  }
}
