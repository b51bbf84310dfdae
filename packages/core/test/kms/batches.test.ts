import { describe, expect, test } from 'vitest'
import { toText } from '../../src/encoding/text.ts'
import { type ItemResult, type KeyStore, KmsError, noContext } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts } from './memory-kms.ts'

const context = { tenant: 'acme' }
const outcome = (result: ItemResult): string =>
  result.ok ? new TextDecoder().decode(result.value) : `(${result.error.code})`
const valueIn = (result: ItemResult | undefined): Uint8Array => {
  if (result?.ok !== true) throw result?.error
  return result.value
}

/** A store that can be cut off, and counts readings of a ring's head. */
function guarded(store: KeyStore): { store: KeyStore; state: { cut: boolean; heads: number } } {
  const state = { cut: false, heads: 0 }
  const inner = parts(store).store
  const read: KeyStore['read'] = async (ids) => {
    if (state.cut) throw new KmsError('store-unavailable', 'Cut off.')
    if (ids.some((id) => id.startsWith('head/'))) state.heads++
    return inner.read(ids)
  }
  // No watching, so that only leases tell.
  return { store: { ...inner, read, watch: async function* () {} }, state }
}

describe('a batch', () => {
  test('gives each item its result, in the order of the items', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    await kms.keys.create('other')
    const key = await kms.use('k')
    const sealed = await key.sealMany([
      { data: 'one', context },
      { data: 'two', context: { tenant: '' } },
      { data: '\ud800', context },
      undefined as never,
      { data: new TextEncoder().encode('three'), context },
    ])
    expect(sealed.map(({ ok }) => ok)).toEqual([true, true, false, false, true])
    expect(sealed.slice(2, 4).map(outcome)).toEqual(['(invalid-argument)', '(invalid-argument)'])
    const [one, two, , , three] = sealed
    const foreign = await kms.encrypt('x', { key: 'other', context })
    const opened = await key.openMany([
      { envelope: valueIn(one), context },
      { envelope: valueIn(two), context },
      { envelope: toText(valueIn(three)), context },
      { envelope: valueIn(three).fill(0, 40), context },
      { envelope: foreign, context },
      { envelope: 'nonsense', context },
      { envelope: valueIn(two), context: noContext },
    ])
    expect(opened.map(outcome)).toEqual([
      'one',
      '(authentication-failed)',
      'three',
      '(authentication-failed)',
      '(no-matching-key)',
      '(malformed)',
      '(authentication-failed)',
    ])
    expect(await key.sealMany([])).toEqual([])
    expect(await codeOf(() => key.sealMany('items' as never))).toBe('invalid-argument')
    await kms.close()
  })

  test('loads the versions it needs, each once', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('k')
    const first = await kms.encrypt('first', { key: 'k', context })
    await kms.keys.rotate('k')
    const second = await kms.encrypt('second', { key: 'k', context })
    for (let i = 0; i < 65; i++) await kms.keys.rotate('k')
    const { store: counted, state } = guarded(store)
    const other = await openKms(counted)
    const key = await other.use('k')
    const lost = first.slice()
    // A version that was never recorded.
    lost[25] = 0x70
    state.heads = 0
    const items = Array.from({ length: 300 }, (_, i) => [first, second, lost][i % 3] as Uint8Array)
    const opened = await key.openMany(items.map((envelope) => ({ envelope, context })))
    expect(opened.slice(0, 3).map(outcome)).toEqual(['first', 'second', '(version-lost)'])
    expect(opened.slice(297).map(outcome)).toEqual(['first', 'second', '(version-lost)'])
    expect(state.heads).toBeLessThanOrEqual(3)
    await other.close()
    await kms.close()
  })

  test('renews the lease that ends meanwhile', async () => {
    let now = 0
    const { kms } = await newKms({ monotonic: () => now })
    await kms.keys.create('k')
    const key = await kms.use('k')
    now += 31_000
    expect((await key.sealMany([{ data: 'x', context }])).map(({ ok }) => ok)).toEqual([true])
    // Each look at the clock takes a second, so that leases end within the batch.
    const slow = await newKms({ monotonic: () => (now += 1_000) })
    await slow.kms.keys.create('k')
    const handle = await slow.kms.use('k')
    const results = await handle.sealMany(Array.from({ length: 100 }, () => ({ data: 'x', context })))
    expect(results.every(({ ok }) => ok)).toBe(true)
    await kms.close()
    await slow.kms.close()
  })

  test('keeps what it has done when the store is cut off, and asks it once for all the rest', async () => {
    let now = 0
    const { kms, store } = await newKms()
    await kms.keys.create('k')
    const { store: cuttable, state } = guarded(store)
    const worker = await openKms(cuttable, { monotonic: () => now })
    const key = await worker.use('k')
    let sealed = 0
    const items = Array.from({ length: 100 }, () => ({
      get data() {
        if (++sealed === 50) {
          state.cut = true
          now += 31_000
        }
        return 'x'
      },
      context,
    }))
    const results = await key.sealMany(items)
    const codes = results.map((result) => (result.ok ? 'ok' : result.error.code))
    expect(new Set(codes.slice(0, 49))).toEqual(new Set(['ok']))
    expect(new Set(codes.slice(50))).toEqual(new Set(['store-unavailable']))
    state.cut = false
    expect((await key.sealMany([{ data: 'x', context }]))[0]).toMatchObject({ ok: true })
    await worker.close()
    await kms.close()
  })

  test('sees what is revoked while it runs', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('k')
    const worker = await openKms(store)
    const key = await worker.use('k')
    const items = Array.from({ length: 20_000 }, () => ({ data: new Uint8Array(4_096), context }))
    const deadline = performance.now() + 60_000
    const running = (async () => {
      for (;;) {
        const results = await key.sealMany(items)
        const refused = results.find(({ ok }) => !ok)
        if (refused !== undefined || performance.now() > deadline) return refused
      }
    })()
    // Without giving way, neither of these would come to its turn.
    await new Promise((resolve) => setTimeout(resolve, 50))
    await kms.keys.disable('k')
    expect(outcome((await running) as ItemResult)).toBe('(key-disabled)')
    await worker.close()
    await kms.close()
  }, 90_000)

  test('does nothing more once its handle is released', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    const key = await kms.use('k')
    key.release()
    const results = await key.sealMany([{ data: 'x', context }])
    expect(results.map(outcome)).toEqual(['(closed)'])
    await kms.close()
  })
})
