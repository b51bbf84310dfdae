import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Phase, type PhasePage, type Published, phases } from './phase-page.ts'

const runLimitMs = 60_000
/** How long the page is watched without letting the event loop see that the writer ended by itself. */
const watchMs = 2

/** Where a writer is to die. */
export interface Target {
  readonly operation: number
  readonly phase: Phase
}

/** How a writer died: where it was, or what it said when it ended by itself. */
export type Death = { readonly at: Published } | { readonly failure: string }

/** Starts a writer, waits until it is where it is to die, kills it with SIGKILL, and waits for its end. */
export async function killWriter(arguments_: readonly string[], page: PhasePage, target: Target): Promise<Death> {
  page.clear()
  const script = fileURLToPath(new URL('./writer.js', import.meta.url))
  const writer = spawn(process.execPath, [script, ...arguments_], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  writer.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  writer.stdin.on('error', () => {})
  const ended = once(writer, 'close')
  await Promise.race([once(writer.stdout, 'data'), ended])
  writer.stdin.write('!')
  const inTime = await watched(writer, page, target)
  writer.kill('SIGKILL')
  await ended
  if (writer.signalCode === 'SIGKILL' && inTime) return { at: page.read() }
  return {
    failure:
      said.trim() === ''
        ? `The writer did not come to ${target.phase}.`
        : (/^\w*Error.*$/m.exec(said)?.[0] ?? said.trim()),
  }
}

/** Polls the page, without sleeping, until the writer is where it is to die, or beyond. */
async function watched(writer: ChildProcess, page: PhasePage, target: Target): Promise<boolean> {
  const wanted = position(target)
  const deadline = performance.now() + runLimitMs
  for (let now = performance.now(); now < deadline; now = performance.now()) {
    for (const slice = now + watchMs; performance.now() < slice; ) if (position(page.read()) >= wanted) return true
    await new Promise((resolve) => setImmediate(resolve))
    if (writer.exitCode !== null || writer.signalCode !== null) return false
  }
  return false
}

function position({ operation, phase }: Target): number {
  return operation * phases.length + phases.indexOf(phase)
}
