import { type Colours, paint } from './colour.ts'
import type { GlobalOptions } from './settings.ts'

/** Where a command says what it found and did: results on stdout, all else on stderr. */
export class Output {
  readonly json: boolean
  readonly colours: Colours
  readonly #notes: Colours

  constructor(options: GlobalOptions) {
    this.json = options.json === true
    const args = options.color === false ? ['--no-color'] : []
    this.colours = paint(process.stdout, args)
    this.#notes = paint(process.stderr, args)
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
    const text = this.json ? JSON.stringify({ warning: { message } }) : `${this.#notes.yellow('warning:')} ${message}`
    process.stderr.write(`${text}\n`)
  }
}
