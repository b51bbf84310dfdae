import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'

/** The built command line, as a user's shell starts it. */
export const main: string = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** stdout as bytes. */
  readonly bytes: Buffer
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  readonly program?: string
}

/** A folder with a shell standing in it: nothing of the developer's own settings reaches the commands. */
export interface Sandbox {
  path(...names: string[]): string
  env(more?: Readonly<Record<string, string>>): NodeJS.ProcessEnv
  start(args: readonly string[], options?: RunOptions): ChildProcess
  kms(args: readonly string[], options?: RunOptions): Promise<Ran>
  /** Parses the one JSON document on stdout; throws with what stderr said if the command failed. */
  json(args: readonly string[], options?: RunOptions): Promise<unknown>
}

/** A sandbox for the tests of a file, removed after them. */
export function sandbox(): Sandbox {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kms-cli-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const path = (...names: string[]): string => join(folder, ...names)
  const env = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    HOME: folder,
    XDG_STATE_HOME: path('state'),
    ...more,
  })
  const start = (args: readonly string[], options: RunOptions = {}): ChildProcess => {
    const child = spawn(process.execPath, [options.program ?? main, ...args], {
      cwd: options.cwd ?? folder,
      env: env(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A session of its own has no controlling terminal: the developer is never asked for a password.
      detached: true,
    })
    child.stdin?.on('error', () => {})
    if (options.input !== undefined || options.program === undefined) child.stdin?.end(options.input ?? '')
    return child
  }
  const kms = (args: readonly string[], options?: RunOptions): Promise<Ran> => ended(start(args, options))
  const json = async (args: readonly string[], options?: RunOptions): Promise<unknown> => {
    const ran = await kms([...args, '--json'], options)
    if (ran.code !== 0) throw new Error(`exit ${ran.code}: ${ran.stderr}`)
    return JSON.parse(ran.stdout)
  }
  return { path, env, start, kms, json }
}

/** What a process printed, and how it ended. */
export function ended(child: ChildProcess): Promise<Ran> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (piece: Buffer) => out.push(piece))
  child.stderr?.on('data', (piece: Buffer) => err.push(piece))
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const bytes = Buffer.concat(out)
      resolve({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() })
    })
  })
}
