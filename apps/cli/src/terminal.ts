import { closeSync, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { ReadStream, WriteStream } from 'node:tty'
import { TypedLines } from './typed-lines.ts'

/** Where a person is asked: they see `output` and type on `input`. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
  close(): void
}

/**
 * The terminal the user sits at, if there is one: stdin and stderr, or, when data comes through stdin, the controlling terminal.
 * stdout stays free for results.
 */
export function openTerminal(): Terminal | undefined {
  if (process.stdin.isTTY && process.stderr.isTTY) {
    const input = new TypedLines(process.stdin)
    return { input, output: sized(process.stderr), close: () => input.destroy() }
  }
  if (process.platform === 'win32') return undefined
  try {
    return controllingTerminal()
  } catch {
    // A service, a cron job, a container: nobody to ask.
    return undefined
  }
}

function controllingTerminal(): Terminal {
  const reading = openSync('/dev/tty', 'r')
  let writing: number
  try {
    writing = openSync('/dev/tty', 'w')
  } catch (error) {
    closeSync(reading)
    throw error
  }
  const terminal = new ReadStream(reading)
  const input = new TypedLines(terminal)
  const output = new WriteStream(writing)
  const close = (): void => {
    input.destroy()
    terminal.destroy()
    output.destroy()
  }
  return { input, output: sized(output), close }
}

/** Terminals of scripts and containers may say that they have no columns, and a prompt as narrow as that cannot be read. */
function sized(output: WriteStream): WriteStream {
  if (!(output.columns > 0)) output.columns = 80
  if (!(output.rows > 0)) output.rows = 24
  return output
}
