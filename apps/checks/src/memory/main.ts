import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NoDump } from './dump.ts'
import { scanModule } from './module.ts'
import { searchProcess } from './processes.ts'
import { type Hit, summary } from './search.ts'
import { watchedStore } from './store.ts'

// npm run -s memory: whether keys are left in memory, in the module's after each message and release, and in a whole process's after
// it closed its store. Every search is also shown to find what is there.

let [passed, failed] = [0, 0]

function check(what: string, good: boolean, found: readonly Hit[]): void {
  if (good) passed++
  else failed++
  console.log(`${good ? 'passed' : 'FAILED'}  ${what}: ${summary(found) || 'nothing found'}`)
}

const has = (found: readonly Hit[], secret: string, form?: string): boolean =>
  found.some(({ pattern }) => pattern.secret.startsWith(secret) && (form === undefined || pattern.form === form))

async function processes(folder: string): Promise<void> {
  const store = await watchedStore(folder)
  for (const backend of ['auto', 'native']) {
    const { open, closed } = await searchProcess(store, backend, folder)
    check(`process, ${backend} backend, store open`, has(open, 'key version, key'), open)
    check(`process, ${backend} backend, store closed`, closed.length === 0, closed)
  }
  const { closed } = await searchProcess(store, 'auto', folder, true)
  const forms = ['raw', 'hex', 'base64'].every((form) => has(closed, 'root, key', form))
  check('process that keeps its root key in three forms, store closed', forms, closed)
}

async function main(): Promise<number> {
  for (const suite of [1, 2] as const) {
    const { held, afterMessages, released } = scanModule(suite)
    const module = `module, suite ${suite}`
    check(`${module}, key held`, has(held, 'key', 'HMAC state') && !has(held, 'key', 'raw'), held)
    check(`${module}, after each message`, afterMessages.length === 0, afterMessages)
    check(`${module}, key released`, released.length === 0, released)
  }
  const folder = mkdtempSync(join(tmpdir(), 'kms-memory-'))
  try {
    await processes(folder)
  } catch (error) {
    if (!(error instanceof NoDump)) throw error
    console.log(`FAILED  ${error.message}`)
    failed++
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

if (process.argv.length > 2) {
  console.error('usage: npm run -s memory')
  process.exitCode = 2
} else process.exitCode = await main()
