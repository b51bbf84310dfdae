import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { describe, expect, test, vi } from 'vitest'
import { askPassword, askYes } from '../src/prompt.ts'
import type { Terminal } from '../src/terminal.ts'
import { TypedLines } from '../src/typed-lines.ts'

/** A terminal of streams: it has raw mode, as a real one does, and keeps what was shown. */
class Typist extends PassThrough {
  readonly isTTY = true
  readonly columns = 80
  readonly rows = 24
  isRaw = false
  setRawMode(raw: boolean): this {
    this.isRaw = raw
    return this
  }
}

/** Types each line once the prompt for it is there. */
function typing(lines: readonly (readonly [prompt: string, keys: string])[]): Terminal & { shown(): string } {
  const [input, output] = [new Typist(), new Typist()]
  const rest = [...lines]
  let shown = ''
  let since = ''
  output.on('data', (piece: Buffer) => {
    shown += piece.toString()
    since += piece.toString()
    const next = rest[0]
    if (next === undefined || !since.includes(next[0])) return
    rest.shift()
    since = ''
    setTimeout(() => input.write(next[1]), 20)
  })
  return { input, output, close: () => input.end(), shown: () => shown }
}

/** Types all of it before any prompt is there, through what the command line reads a terminal with. */
function typedAhead(keys: string): Terminal {
  const [terminal, output] = [new Typist(), new Typist()]
  output.resume()
  terminal.write(keys)
  const input = new TypedLines(terminal as unknown as ReadStream)
  return { input, output, close: () => input.destroy() }
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('the password prompt', () => {
  test('gives what was typed and never shows it', async () => {
    const terminal = typing([['Password of app', 'pa55word\r']])
    const secret = await askPassword(terminal, { message: 'Password of app' })
    expect(text(secret.reveal())).toBe('pa55word')
    expect(terminal.shown()).not.toContain('pa55')
    expect(terminal.input).toMatchObject({ isRaw: false })
  })

  test('asks again for an empty one', async () => {
    const terminal = typing([
      ['Password', '\r'],
      ['empty', 'x\r'],
    ])
    const secret = await askPassword(terminal, { message: 'Password' })
    expect(text(secret.reveal())).toBe('x')
  })

  test('a new one is typed twice, the same', async () => {
    const terminal = typing([
      ['New password', 'first one\r'],
      ['The same again', 'first oen\r'],
      ['another password', '\x7f\x7fne\r'],
    ])
    const secret = await askPassword(terminal, { message: 'New password', confirmed: true })
    expect(text(secret.reveal())).toBe('first one')
  })
})

describe('what was typed before the prompt was there', () => {
  test.each(['\n', '\r', '\r\n'])('answers it, and the one after it, with lines that end in %j', async (end) => {
    const terminal = typedAhead(['first one', 'first one', 'y'].map((line) => line + end).join(''))
    const secret = await askPassword(terminal, { message: 'New password', confirmed: true })
    expect(text(secret.reveal())).toBe('first one')
    expect(await askYes(terminal, 'Sure?')).toBe(true)
    terminal.close()
    expect(terminal.input).toMatchObject({ isRaw: false })
  })
})

describe('a question', () => {
  test('is no unless it is yes', async () => {
    expect(await askYes(typing([['Sure?', '\r']]), 'Sure?')).toBe(false)
    expect(await askYes(typing([['Sure?', 'y']]), 'Sure?')).toBe(true)
  })
})

describe('Ctrl-C', () => {
  // What was interrupted stays so for the life of a process: each test loads the modules anew.
  const anew = async () => {
    vi.resetModules()
    return { ...(await import('../src/prompt.ts')), ...(await import('../src/interrupt.ts')) }
  }

  test('in a prompt leaves, and none appears after it', async () => {
    const prompts = await anew()
    const terminal = typing([['Password', 'half\x03']])
    await expect(prompts.askPassword(terminal, { message: 'Password' })).rejects.toMatchObject({ code: 'aborted' })
    const late = typing([])
    await expect(prompts.askPassword(late, { message: 'Password' })).rejects.toMatchObject({ code: 'aborted' })
    await expect(prompts.askYes(late, 'Sure?')).rejects.toMatchObject({ code: 'aborted' })
    expect(late.shown()).toBe('')
  })

  test('as a signal ends a prompt that is there', async () => {
    const prompts = await anew()
    const terminal = typing([])
    const asked = prompts.askPassword(terminal, { message: 'Password' })
    setTimeout(() => prompts.interrupt('SIGTERM'), 20)
    await expect(asked).rejects.toMatchObject({ code: 'aborted' })
    expect(prompts.interrupted.signal).toBe('SIGTERM')
    expect(terminal.input).toMatchObject({ isRaw: false })
  })
})
