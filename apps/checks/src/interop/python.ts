import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { missing } from './tools.ts'

const peer = fileURLToPath(new URL('../../src/interop/peer.py', import.meta.url))

/** The one before others, and Debian's, whose package has the library. */
const interpreters = ['python3', '/usr/bin/python3'] as const

/** What Python's cryptography is asked: `what` and its arguments; bytes in hex. */
export type Question = Readonly<Record<string, unknown>> & { readonly what: string }

/** Python's cryptography, in one process that answers questions one after another. */
export class Python implements Disposable {
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>
  /** Of the library. */
  readonly version: string

  /** @throws NoTool where no interpreter has the library */
  constructor() {
    for (const interpreter of interpreters) {
      const { status, stdout } = spawnSync(interpreter, ['-c', 'import cryptography; print(cryptography.__version__)'])
      if (status !== 0) continue
      this.version = stdout.toString().trim()
      this.#process = spawn(interpreter, [peer], { stdio: ['pipe', 'pipe', 'inherit'] })
      this.#answers = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]()
      return
    }
    throw missing("Python's cryptography")
  }

  /** @throws Error with what it complains of */
  async ask<Answer>(question: Question): Promise<Answer> {
    this.#process.stdin!.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error('Python ended.')
    const { result, error } = JSON.parse(value) as { readonly result?: Answer; readonly error?: string }
    if (error !== undefined) throw new Error(`cryptography: ${error}`)
    return result as Answer
  }

  /** `ask`, for bytes. */
  async bytes(question: Question): Promise<Uint8Array> {
    return new Uint8Array(Buffer.from(await this.ask<string>(question), 'hex'))
  }

  [Symbol.dispose](): void {
    this.#process.stdin!.end()
  }
}
