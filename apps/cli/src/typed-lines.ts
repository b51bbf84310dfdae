import { Readable } from 'node:stream'
import type { ReadStream } from 'node:tty'

/**
 * What is typed at a terminal, line by line, for prompts. A prompt ends a line at `\r`, as a terminal in raw mode sends it; what was
 * typed before the prompt was there, and what programs send, ends in `\n`. A prompt drops what follows its own line: here the
 * rest waits for the next one.
 */
export class TypedLines extends Readable {
  readonly isTTY = true
  readonly #terminal: ReadStream
  #afterReturn = false

  constructor(terminal: ReadStream) {
    super()
    this.#terminal = terminal
    terminal.on('data', this.#typed)
    terminal.on('end', this.#ended)
    terminal.on('error', this.#failed)
  }

  get isRaw(): boolean {
    return this.#terminal.isRaw
  }

  setRawMode(raw: boolean): this {
    this.#terminal.setRawMode(raw)
    return this
  }

  override _read(): void {
    this.#terminal.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#terminal.off('data', this.#typed)
    this.#terminal.off('end', this.#ended)
    this.#terminal.off('error', this.#failed)
    this.#terminal.pause()
    done(error)
  }

  readonly #typed = (piece: Uint8Array): void => {
    let from = 0
    for (const [i, byte] of piece.entries()) {
      const second = byte === newline && this.#afterReturn
      this.#afterReturn = byte === carriageReturn
      if (second) from = i + 1
      else if (byte === newline || byte === carriageReturn) {
        const line = piece.slice(from, i + 1)
        line[line.length - 1] = carriageReturn
        this.push(line)
        from = i + 1
      }
    }
    if (from < piece.length) this.push(piece.slice(from))
  }

  readonly #ended = (): void => void this.push(null)
  readonly #failed = (error: Error): void => void this.destroy(error)
}

const newline = 10
const carriageReturn = 13
