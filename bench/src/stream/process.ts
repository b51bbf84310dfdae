import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ageIdentity, fileCiphers } from './subjects.ts'

// One piece of work in a process of its own: this file is both its program and what starts it.

/** What a process does: encrypts or decrypts a file, or loads all it needs for that and does nothing. */
export type Operation = 'seal' | 'open' | 'idle'

export interface Measured {
  /** Nanoseconds from the call to its end; loading the code is not part of it. */
  readonly nanoseconds: number
  /** The most memory the process ever held, in KiB. */
  readonly peak: number
}

/** Runs an operation of a subject in a new process. @throws Error with what it printed if it fails */
export async function inProcess(
  subject: string,
  operation: Operation,
  input: string,
  output: string,
  identity: string,
): Promise<Measured> {
  const program = fileURLToPath(import.meta.url)
  const { stdout } = await promisify(execFile)(process.execPath, [program, subject, operation, input, output], {
    env: { ...process.env, [ageIdentity]: identity },
  })
  return JSON.parse(stdout) as Measured
}

/** VmHWM (proc(5)): of this process alone, unlike getrusage's figure, which starts with what the process that forked it held. */
function peakMemory(): number {
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
  return Number(kibibytes)
}

async function main(subject: string, operation: Operation, input: string, output: string): Promise<Measured> {
  const cipher = await fileCiphers[subject]?.()
  if (cipher === undefined) throw new Error(`there is no ${subject}`)
  const start = process.hrtime.bigint()
  if (operation !== 'idle') await cipher[operation](input, output)
  return { nanoseconds: Number(process.hrtime.bigint() - start), peak: peakMemory() }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [subject = '', operation = '', input = '', output = ''] = process.argv.slice(2)
  process.stdout.write(JSON.stringify(await main(subject, operation as Operation, input, output)))
}
