import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openPlace, type Place } from './place.ts'

// A new process that opens the store and seals: this file is both its program and what starts it.

export interface ColdOpen {
  /** Milliseconds from the process's start to the first envelope. */
  readonly fromStart: number
  /** Milliseconds from the call of `Kms.open` to the first envelope: without starting Node and loading the code. */
  readonly fromOpen: number
}

/** Starts a process that opens the store with a root and seals a record with a key. */
export async function coldOpen(place: Place, root: 'key' | 'password', key: string): Promise<ColdOpen> {
  const program = fileURLToPath(import.meta.url)
  const { stdout } = await promisify(execFile)(process.execPath, [program, place.path, root, key])
  return JSON.parse(stdout) as ColdOpen
}

async function main(path: string, root: 'key' | 'password', name: string): Promise<ColdOpen> {
  const start = performance.now()
  await using kms = await openPlace({ path, url: `sqlite:${path}` }, root)
  const key = await kms.use(name)
  const envelope = key.seal(new Uint8Array(64), { tenant: name })
  // `performance.now` counts from the process's start.
  const end = performance.now()
  if (key.open(envelope, { tenant: name }).length !== 64) throw new Error('a wrong result')
  return { fromStart: end, fromOpen: end - start }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path = '', root = '', name = ''] = process.argv.slice(2)
  process.stdout.write(JSON.stringify(await main(path, root as 'key' | 'password', name)))
}
