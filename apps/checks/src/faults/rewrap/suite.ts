import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, open, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { paddingRecipient, parseHeader } from '@kms/core/envelope'
import { openFile, rewrapFile, sealFile } from '@kms/node'
import type { Tally } from '../tally.ts'
import type { Mutant } from './mutants.ts'
import { by, context, to } from './roots.ts'
import { type Call, trace } from './trace.ts'

export interface RewrapSuiteOptions {
  readonly kills: number
  /** Bytes of the file that is rewrapped under trace. */
  readonly size: number
  readonly mutant: Mutant | undefined
}

/** Where a fault struck, or what was looked at. */
export const where = ['writes', 'order', 'kill'] as const

/** A killed process is one of a loop that rewraps a small file as fast as it can, for at most so long. */
const longestMs = 40

/**
 * Rewrapping in place: what it writes, in which order (that is what holds when the power fails), and what is left of a file whose writer
 * was killed at any moment.
 */
export async function rewrapSuite({ kills, size, mutant }: RewrapSuiteOptions, tally: Tally): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'kms-rewrap-')))
  try {
    const large = join(folder, 'large')
    await make(folder, large, size)
    const header = await headerLength(large)
    const calls = trace(folder, join(folder, 'trace'), writer(large, 1, mutant))
    judge(tally, 'writes', wrongWrites(calls, large, header))
    judge(tally, 'order', wrongOrder(calls, large))
    if (mutant !== undefined) return
    const small = join(folder, 'small')
    await make(folder, small, 200_000)
    for (let kill = 0; kill < kills; kill++) judge(tally, 'kill', await afterKill(folder, small))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function judge(tally: Tally, row: (typeof where)[number], wrong: readonly string[]): void {
  if (wrong.length > 0) tally.fail(row, wrong)
  else tally.pass(row)
}

const writer = (path: string, count: number, mutant?: Mutant): readonly string[] => [
  process.execPath,
  fileURLToPath(new URL('./writer.js', import.meta.url)),
  path,
  String(count),
  ...(mutant === undefined ? [] : [mutant]),
]

/** An envelope to keys 1 and 2. Its plaintext is zeros: nobody looks at them but the tag. */
async function make(folder: string, path: string, size: number): Promise<void> {
  const plain = join(folder, 'plain')
  const file = await open(plain, 'w')
  await file.truncate(size)
  await file.close()
  await sealFile(plain, path, { recipients: [to(1), to(2), paddingRecipient(100)], context })
  await rm(plain)
}

async function headerLength(path: string): Promise<number> {
  const file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(new Uint8Array(65_536), 0, 65_536, 0)
  await file.close()
  return parseHeader(buffer.subarray(0, bytesRead)).length
}

/** The header and its copy, and nothing else, whatever the length of the file. */
function wrongWrites(calls: readonly Call[], path: string, header: number): readonly string[] {
  const wrong: string[] = []
  const written = new Map<string, number>()
  for (const { name, path: file, at, bytes } of calls) {
    if (name !== 'write') continue
    written.set(file, (written.get(file) ?? 0) + bytes)
    if (file === path && (at < 0 || at + bytes > header))
      wrong.push(`${bytes} bytes were written at ${at}, past the header`)
  }
  if (written.get(path) !== header)
    wrong.push(`${written.get(path) ?? 0} bytes of ${header} of the header were written`)
  const others = [...written].filter(([file]) => file !== path)
  const copied = others.reduce((sum, [, bytes]) => sum + bytes, 0)
  if (others.length !== 1 || copied !== header + 32)
    wrong.push(`${copied} bytes were written into ${others.length} other files`)
  return wrong
}

/** The copy is whole and durable under its name before the file is touched, and removed when the file is durable. */
function wrongOrder(calls: readonly Call[], path: string): readonly string[] {
  const copy = `${path}.kms-header`
  const first = (what: string, is: (call: Call) => boolean): { readonly what: string; readonly index: number } => ({
    what,
    index: calls.findIndex(is),
  })
  const renamed = calls.findIndex(({ name, to: target }) => name === 'rename' && target === copy)
  const folderOf = path.slice(0, path.lastIndexOf('/'))
  const steps = [
    first('the copy is synced', ({ name, path: file }) => name === 'sync' && file.includes('.kms-header')),
    { what: 'it gets its name', index: renamed },
    {
      what: 'the folder is synced',
      index: calls.findIndex(({ name, path: file }, i) => i > renamed && name === 'sync' && file === folderOf),
    },
    first('the header is written', ({ name, path: file }) => name === 'write' && file === path),
    first('the file is synced', ({ name, path: file }) => name === 'sync' && file === path),
    first('the copy is removed', ({ name, path: file }) => name === 'unlink' && file === copy),
  ]
  return steps.flatMap(({ what, index }, i) => {
    if (index < 0) return [`never: ${what}`]
    const before = steps[i - 1]
    return before !== undefined && before.index > index ? [`${what} before ${before.what}`] : []
  })
}

/** Kills a writer at some moment; whoever looks then, and a later writer, find a whole file. */
async function afterKill(folder: string, path: string): Promise<readonly string[]> {
  const [program = '', ...given] = writer(path, 1_000_000)
  const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  await once(child.stdout, 'data')
  await wait(Math.random() * longestMs)
  child.kill('SIGKILL')
  await ended
  const wrong: string[] = []
  const out = join(folder, 'opened')
  const opens = (key: 1 | 2 | 3): Promise<unknown> => openFile(path, out, { openers: [by(key)], context, force: true })
  const tried = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => wrong.push(`${what}: ${error}`))
  }
  await tried('the first key', () => opens(1))
  await tried('neither the second nor the third key', () => opens(2).catch(() => opens(3)))
  await tried('a later writer', () =>
    rewrapFile(path, async (start) => {
      const { length } = parseHeader(start)
      return { header: start.slice(0, length), replaces: length, unread: [] }
    }),
  )
  if (existsSync(`${path}.kms-header`)) wrong.push('a later writer left the copy')
  await tried('the first key afterwards', () => opens(1))
  if (wrong.length === 0 && statSync(out).size !== 200_000) wrong.push('the file has another length')
  return wrong
}
