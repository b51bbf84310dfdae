import { describe, expect, test } from 'vitest'
import type { Kms, MemoryStore } from '../../src/index.ts'
import { codeOf, newKms, openKms, rewrite } from './memory-kms.ts'

const fresh = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
const requestId = (): string => crypto.randomUUID()

async function twoKeys(): Promise<Kms> {
  const { kms } = await newKms()
  for (const name of ['a', 'b']) await kms.keys.create(name)
  return kms
}

describe('an import that is repeated with its request id', () => {
  test('is done once, and gives the version of then', async () => {
    const { keys } = await twoKeys()
    const material = fresh()
    const options = { requestId: requestId(), method: 'ceremony' }
    expect((await keys.importVersion('a', material.slice(), options)).version).toBe('2')
    expect((await keys.importVersion('a', fresh())).version).toBe('3')
    expect((await keys.importVersion('a', material.slice(), options)).version).toBe('2')
    expect((await keys.show('a')).versions.length).toBe(3)
  })

  test('is refused with other material, another method or for another key', async () => {
    const { keys } = await twoKeys()
    const material = fresh()
    const options = { requestId: requestId() }
    await keys.importVersion('a', material.slice(), options)
    expect(await codeOf(() => keys.importVersion('a', fresh(), options))).toBe('conflict')
    expect(await codeOf(() => keys.importVersion('b', material.slice(), options))).toBe('conflict')
    expect(await codeOf(() => keys.importVersion('a', material.slice(), { ...options, method: 'x' }))).toBe('conflict')
  })
})

describe.each(['a', 'b'])('material of a version of the key "a", given to "%s"', (to) => {
  test('is refused once it was compromised, also after it was destroyed', async () => {
    const { keys } = await twoKeys()
    const material = fresh()
    await keys.importVersion('a', material.slice())
    await keys.compromise('a', 2)
    expect(await codeOf(() => keys.importVersion(to, material.slice()))).toBe('version-compromised')
    await keys.destroy('a', 2)
    expect(await codeOf(() => keys.importVersion(to, material.slice()))).toBe('version-compromised')
    expect((await keys.show(to)).versions.length).toBe(to === 'a' ? 2 : 1)
  })

  test('is refused while the version is there: a compromise of one would not reach the other [E-98]', async () => {
    const { keys } = await twoKeys()
    const material = fresh()
    await keys.importVersion('a', material.slice())
    expect(await codeOf(() => keys.importVersion(to, material.slice()))).toBe('invalid-argument')
    await keys.destroy('a', 2)
    expect((await keys.importVersion(to, material.slice())).version).toBe(to === 'a' ? '3' : '2')
  })
})

test('material is wiped, also where it is refused', async () => {
  const { keys } = await twoKeys()
  for (const name of ['a', 'nobody']) {
    const material = fresh()
    await keys.importVersion(name, material).catch(() => {})
    expect(material.every((byte) => byte === 0)).toBe(true)
  }
})

describe.each(['a', 'b'])('compromised material of the key "a", given to "%s"', (to) => {
  async function compromised(): Promise<{ store: MemoryStore; material: Uint8Array }> {
    const { kms, store } = await newKms()
    for (const name of ['a', 'b']) await kms.keys.create(name)
    const material = fresh()
    await kms.keys.importVersion('a', material.slice())
    await kms.keys.compromise('a', 2)
    return { store, material }
  }

  test('does not come back by another check value in its record', async () => {
    const { store, material } = await compromised()
    const forged = await rewrite(store, 'version/', (bytes, id) => {
      if (!id.endsWith('/00000002')) return bytes
      const text = new TextDecoder().decode(bytes)
      return new TextEncoder().encode(text.replace(/"check":"[^"]{11}"/, '"check":"AAAAAAAAAAA"'))
    })
    const { keys } = await openKms(forged)
    expect(await codeOf(() => keys.importVersion(to, material))).toBe('store-corrupt')
  })
})

test('where the record of a version is gone nobody knows what is given: its key takes no material', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('a')
  const material = fresh()
  await kms.keys.importVersion('a', material.slice())
  await kms.keys.compromise('a', 2)
  const gone = (bytes: Uint8Array, id: string) => (id.endsWith('/00000002') ? new Uint8Array(0) : bytes)
  const { keys } = await openKms(await rewrite(store, 'version/', gone))
  expect(await codeOf(() => keys.importVersion('a', material))).toBe('store-corrupt')
})
