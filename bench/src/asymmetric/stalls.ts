import { generateKeyPairSync } from 'node:crypto'
import type { KeySpecName, Kms } from '@kms/node'

/** How long something took, and for how long of it nothing else had its turn. Milliseconds. */
export interface Stalled {
  readonly whole: number
  readonly stall: number
}

/** Does something while the event loop goes round as fast as it can, and notes the longest time between two of its turns. */
async function stalled(work: () => unknown): Promise<Stalled> {
  let [last, stall, done] = [performance.now(), 0, false]
  const turn = (): void => {
    const now = performance.now()
    stall = Math.max(stall, now - last)
    last = now
    if (!done) setImmediate(turn)
  }
  await new Promise((resolve) => setImmediate(resolve))
  const start = performance.now()
  last = start
  setImmediate(turn)
  await work()
  const whole = performance.now() - start
  await new Promise((resolve) => setImmediate(resolve))
  done = true
  return { whole, stall }
}

/**
 * Makes RSA keys: managed ones; beside each, nothing for as long, since a machine that does other things stalls too; and to see that a stall would be
 * seen, ones on the main thread.
 */
export async function rsaGeneration(
  kms: Kms,
  bits: number,
  count: number,
): Promise<Readonly<Record<'managed' | 'nothing' | 'onMainThread', readonly Stalled[]>>> {
  const spec = `rsa-${bits}` as KeySpecName
  const managed: Stalled[] = []
  const nothing: Stalled[] = []
  const onMainThread: Stalled[] = []
  for (let i = 0; i < count; i++) {
    const made = await stalled(() => kms.keys.create(`made ${bits} ${i}`, { purpose: 'sign', spec }))
    managed.push(made)
    nothing.push(await stalled(() => new Promise((resolve) => setTimeout(resolve, made.whole))))
    onMainThread.push(await stalled(() => generateKeyPairSync('rsa', { modulusLength: bits })))
  }
  return { managed, nothing, onMainThread }
}
