import { type Colours, paint } from './colour.ts'
import { printable } from './layout.ts'
import type { GlobalOptions } from './settings.ts'

/** Where a command says what it found and did: results on stdout, all else on stderr. */
export class Output {
  readonly json: boolean
  readonly colours: Colours
  readonly #notes: Colours

  private constructor(json: boolean, colours: Colours, notes: Colours) {
    this.json = json
    this.colours = colours
    this.#notes = notes
  }

  static async for(options: GlobalOptions): Promise<Output> {
    const args = options.color === false ? ['--no-color'] : []
    return new Output(options.json === true, await paint(process.stdout, args), await paint(process.stderr, args))
  }

  /** The result: one JSON document with `--json`, text for people otherwise. */
  result(document: unknown, human: (colours: Colours) => string): void {
    const text = this.json ? JSON.stringify(document) : human(this.colours)
    process.stdout.write(`${text}\n`)
  }

  /** For people only, beside the result: what to do next. */
  note(text: string): void {
    if (!this.json) process.stderr.write(this.#notes.dim(`${text}\n`))
  }

  /** Something a person should know that is no error. */
  warn(message: string): void {
    const text = this.json
      ? JSON.stringify({ warning: { message } })
      : `${this.#notes.yellow('warning:')} ${printable(message)}`
    process.stderr.write(`${text}\n`)
  }
}
