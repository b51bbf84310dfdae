import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What keeps a program from being asked, in a sentence that says what to do. */
export class NoTool extends Error {}

/** A folder that goes with the process, for what programs read and write. */
export class Files implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'kms-interop-'))
  #next = 0

  /** Writes a file that nobody else reads, as ssh-keygen wants of private keys. @returns its path */
  file(content: string | Uint8Array = ''): string {
    const path = join(this.folder, String(this.#next++))
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true })
  }
}

/**
 * Runs a program.
 * @returns what it printed
 * @throws NoTool where it is missing; Error, with what it complained of, where it fails
 */
export function run(program: string, ...args: readonly string[]): Buffer {
  const { error, status, stdout, stderr } = spawnSync(program, args, { timeout: 60_000 })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') throw missing(program)
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${stderr.toString().trim().split('\n').at(-1)}`)
  return stdout
}

/** Whether a program that checks something says yes. @throws NoTool */
export function agrees(program: string, ...args: readonly string[]): boolean {
  try {
    run(program, ...args)
    return true
  } catch (error) {
    if (error instanceof NoTool) throw error
    return false
  }
}

/** Runs a program that writes to the file after the arguments. @returns the file's bytes */
export function made(files: Files, program: string, ...args: readonly string[]): Uint8Array {
  const path = files.file()
  run(program, ...args, path)
  return new Uint8Array(readFileSync(path))
}

export const missing = (program: string): NoTool =>
  new NoTool(`${program} is missing. Install it: apt-get install openssl openssh-client python3-cryptography`)
