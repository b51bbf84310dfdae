import { describe, expect, test } from 'vitest'
import { canonicalContext } from '../../src/envelope/context.ts'
import { keyRoot } from '../../src/index.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { parseVersionLabel, versionLabel } from '../../src/store/version-number.ts'
import { openKms } from '../kms/memory-kms.ts'
import { commitOf, fromHex, toHex, vectors } from './vectors.ts'

const { store } = vectors

describe('the store of the vectors, which another implementation wrote', () => {
  const open = async () => {
    const records = new MemoryStore()
    for (const commit of store.commits) await records.commit(commitOf(commit))
    return openKms(records, { root: keyRoot(fromHex(store.rootKey)) })
  }

  test('opens with its root, and shows its key [C-11] [C-38]', async () => {
    const kms = await open()
    expect(kms.info).toMatchObject({
      id: store.id,
      fingerprint: vectors.signingKey.storeFingerprint,
      administersStore: true,
      ring: { id: store.ring, rights: 'administer' },
    })
    const key = await kms.keys.show(store.keyName)
    expect(key).toMatchObject({ id: store.key, primary: '2', by: 'vectors' })
    expect(key.versions.map(({ label, state }) => `${label} ${state}`)).toEqual(['1 deactivated', '2 active'])
    expect(key.description).toContain('🗝')
    await kms.close()
  })

  test('opens what was sealed under each version', async () => {
    const kms = await open()
    for (const { context, plaintext, envelope } of store.opens) {
      expect(await kms.decryptText(envelope, { key: store.keyName, context })).toBe(plaintext)
    }
    await kms.close()
  })

  test('is healthy, and stays so when this implementation changes it', async () => {
    const kms = await open()
    await kms.keys.rotate(store.keyName)
    await kms.keys.create('another')
    expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
    await kms.close()
  })
})

test.each(vectors.versionNumbers)('version number $number is shown as $label [C-39] [C-41]', ({ number, label }) => {
  expect(versionLabel(number)).toBe(label)
  expect(parseVersionLabel(label)).toBe(number)
})

test.each([...vectors.contexts, ...vectors.contents])('the context $context is encoded as in the vectors', (vector) => {
  expect(toHex(canonicalContext(vector.context))).toBe(vector.canonicalContext)
})
