import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { dump } from './dump.ts'
import { type Hit, Search } from './search.ts'
import { patterns } from './secrets.ts'
import type { WatchedStore } from './store.ts'

const subject = fileURLToPath(new URL('subject.js', import.meta.url))

/** What a search of a process's dumps finds, while it has the store open and after it closed it. */
export interface Dumped {
  readonly open: readonly Hit[]
  readonly closed: readonly Hit[]
}

/**
 * Runs a process on the store and searches its memory, from this one.
 * @param keep whether it keeps copies of the root key, to show that the search finds them
 */
export async function searchProcess(
  store: WatchedStore,
  backend: string,
  folder: string,
  keep = false,
): Promise<Dumped> {
  const search = new Search(store.secrets.flatMap(patterns))
  const args = [
    '--expose-gc',
    '--disable-wasm-trap-handler',
    subject,
    store.url,
    store.rootFile,
    backend,
    store.envelope,
    keep ? 'keep' : '',
  ]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] }) as ChildProcessWithoutNullStreams
  const errors: Buffer[] = []
  child.stderr.on('data', (data: Buffer) => errors.push(data))
  const exit = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const searched = async (word: string): Promise<Hit[]> => {
    const { value } = await lines.next()
    if (value !== word) throw new Error(`the process ended: ${Buffer.concat(errors).toString().slice(0, 2000)}`)
    const file = dump(child.pid as number, join(folder, `${backend}-${word}`))
    try {
      return search.file(file)
    } finally {
      rmSync(file, { force: true })
    }
  }
  try {
    const open = await searched('open')
    child.stdin.write('\n')
    const closed = await searched('closed')
    return { open, closed }
  } finally {
    child.stdin.end()
    child.kill('SIGKILL')
    await exit
  }
}
