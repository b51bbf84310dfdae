import { expect, test } from 'vitest'
import { createWasmKeySlots } from '../../src/crypto/wasm/index.ts'
import type { KeyStore } from '../../src/index.ts'
import { newKms, openKms, parts } from './memory-kms.ts'

const context = { tenant: 'acme' }

/** A process whose unwrapped versions and readings of versions are counted. */
function counted(store: KeyStore): { options: ReturnType<typeof parts>; counts: { unwraps: number; reads: number } } {
  const counts = { unwraps: 0, reads: 0 }
  const slots = createWasmKeySlots()
  const open = slots.open.bind(slots)
  slots.open = (...of) => {
    counts.unwraps++
    return open(...of)
  }
  const options = parts(store, { slots })
  const read: KeyStore['read'] = (ids) => {
    if (ids.some((id) => id.startsWith('version/'))) counts.reads++
    return options.store.read(ids)
  }
  return { options: { ...options, store: { ...options.store, read } }, counts }
}

test('ten thousand concurrent first uses of a key unwrap it once', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  const { options, counts } = counted(store)
  const worker = await openKms(options.store, { slots: options.slots })
  counts.unwraps = 0
  const handles = await Promise.all(Array.from({ length: 10_000 }, () => worker.use('k')))
  expect(counts).toEqual({ unwraps: 1, reads: 1 })
  for (const handle of handles) handle.release()
  await worker.close()

  const second = counted(store)
  const other = await openKms(second.options.store, { slots: second.options.slots })
  second.counts.unwraps = 0
  await Promise.all(Array.from({ length: 1_000 }, () => other.encrypt('x', { key: 'k', context })))
  expect(second.counts).toEqual({ unwraps: 1, reads: 1 })
  await other.close()
  await kms.close()
}, 120_000)
