import { expect, test } from 'vitest'
import { codeOf, newKms, openKms } from '../kms/memory-kms.ts'

test.each([
  ['hmac-256', 32],
  ['hmac-384', 48],
  ['hmac-512', 64],
] as const)('a key of %s makes macs of %i bytes, and verifies those of its older versions', async (spec, length) => {
  const { kms } = await newKms()
  await kms.keys.create('webhooks', { purpose: 'mac', spec })
  const key = await kms.use('webhooks', { purpose: 'mac' })
  const first = key.mac('message')
  expect(first).toHaveLength(length)
  await kms.keys.rotate('webhooks')
  expect(key.mac('message')).not.toEqual(first)
  expect(key.verify(first, 'message')).toEqual({ version: '1' })
  expect(key.verify(first, 'message', { version: '1' })).toEqual({ version: '1' })
  expect(await codeOf(() => key.verify(first, 'message', { version: '2' }))).toBe('authentication-failed')
  expect(await codeOf(() => key.verify(first, 'massage'))).toBe('authentication-failed')
  expect(await codeOf(() => key.verify(first.subarray(1), 'message'))).toBe('authentication-failed')
  await kms.keys.disable('webhooks', 1)
  expect(await codeOf(() => key.verify(first, 'message'))).toBe('authentication-failed')
  expect(await codeOf(() => key.verify(first, 'message', { version: 1 }))).toBe('key-disabled')
  await kms.close()
})

test('no mac is made, and none verified, of what this system computes itself with the same material [E-99]', async () => {
  const { kms } = await newKms()
  await kms.keys.create('webhooks', { purpose: 'mac', spec: 'hmac-512' })
  await kms.keys.create('master', { purpose: 'derive' })
  const key = await kms.use('webhooks', { purpose: 'mac' })
  const master = await kms.use('master', { purpose: 'derive' })
  expect(await codeOf(() => key.mac('kms1/check\0'))).toBe('invalid-argument')
  expect(await codeOf(() => key.verify(key.mac('message'), 'kms1/check\0'))).toBe('invalid-argument')
  expect(await codeOf(() => master.derive('kms1'))).toBe('invalid-argument')
  expect(key.mac('kms1 is no label')).toHaveLength(64)
  await kms.close()
})

test('a key to derive gives the same key for the same purpose in any process, and another one for anything else [C-91]', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('master', { purpose: 'derive' })
  const other = await openKms(store)
  const [here, there] = [
    await kms.use('master', { purpose: 'derive' }),
    await other.use('master', { purpose: 'derive' }),
  ]
  const hex = (key: typeof here, purpose: string, options = {}): string =>
    Buffer.from(key.derive(purpose, options).key.reveal()).toString('hex')
  const encryption = hex(here, 'encryption')
  expect(encryption).toHaveLength(64)
  expect(hex(there, 'encryption')).toBe(encryption)
  expect(hex(here, 'signing')).not.toBe(encryption)
  expect(encryption.startsWith(hex(here, 'encryption', { length: 16 }))).toBe(false)
  await kms.keys.rotate('master')
  expect(hex(here, 'encryption')).not.toBe(encryption)
  expect(hex(here, 'encryption', { version: 1 })).toBe(encryption)
  expect(here.derive('encryption').version).toBe('2')
  expect(String(here.derive('encryption').key)).toBe('[redacted]')
  for (const length of [15, 65, 1.5]) {
    expect(await codeOf(() => here.derive('encryption', { length }))).toBe('invalid-argument')
  }
  expect(await codeOf(() => here.derive(''))).toBe('invalid-argument')
  await other.close()
  await kms.close()
})

test('keys for other systems are made, and nothing is done with them here', async () => {
  const { kms } = await newKms()
  const info = await kms.keys.create('legacy', { spec: 'symmetric-128', exportable: true })
  expect(info).toMatchObject({ purpose: 'encrypt', spec: 'symmetric-128', exportable: true })
  expect(info.versions[0]?.bits).toBe(128)
  expect(await codeOf(() => kms.use('legacy'))).toBe('unsupported')
  expect((await kms.keys.rotate('legacy')).primary).toBe('2')
  await kms.close()
})

test('a version whose uses nobody can count is destroyed once somebody says that nothing needs it', async () => {
  const { kms } = await newKms()
  await kms.keys.create('master', { purpose: 'derive' })
  await kms.keys.rotate('master')
  await kms.keys.retire('master', 1)
  expect(await codeOf(() => kms.keys.destroy('master', 1))).toBe('census-required')
  const destroyed = await kms.keys.destroy('master', 1, { declaration: 'tenant 1 left' })
  expect(destroyed.versions[0]).toMatchObject({ state: 'destroyed', reason: 'tenant 1 left' })
  const key = await kms.use('master', { purpose: 'derive' })
  expect(await codeOf(() => key.derive('encryption', { version: 1 }))).toBe('version-destroyed')
  await kms.keys.create('rows')
  await kms.keys.rotate('rows')
  await kms.keys.retire('rows', 1)
  expect(await codeOf(() => kms.keys.destroy('rows', 1, { declaration: 'no rows' }))).toBe('census-required')
  await kms.close()
})

test('what is no mac and no message is refused as that', async () => {
  const { kms } = await newKms()
  await kms.keys.create('webhooks', { purpose: 'mac' })
  const key = await kms.use('webhooks', { purpose: 'mac' })
  for (const nothing of [null, undefined, 5, 'text', [1]]) {
    expect(await codeOf(() => key.verify(nothing as unknown as Uint8Array, 'message'))).toBe('invalid-argument')
    if (nothing === 'text') continue
    expect(await codeOf(() => key.mac(nothing as unknown as Uint8Array))).toBe('invalid-argument')
  }
  await kms.close()
})

test('a mac of a version that is not among the newest 64 verifies once all are loaded', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('webhooks', { purpose: 'mac' })
  const first = (await kms.use('webhooks', { purpose: 'mac' })).mac('message')
  for (let i = 0; i < 65; i++) await kms.keys.rotate('webhooks')
  await kms.close()
  const other = await openKms(store)
  const key = await other.use('webhooks', { purpose: 'mac' })
  expect(await codeOf(() => key.verify(first, 'message'))).toBe('authentication-failed')
  await key.loadAll()
  expect(key.verify(first, 'message')).toEqual({ version: '1' })
  await other.close()
})

test('a declaration of spaces declares nothing', async () => {
  const { kms } = await newKms()
  await kms.keys.create('master', { purpose: 'derive' })
  await kms.keys.rotate('master')
  await kms.keys.retire('master', 1)
  for (const declaration of [' ', '\t\n', '\u00a0\u3000', '\u200b\ufeff']) {
    expect(await codeOf(() => kms.keys.destroy('master', 1, { declaration }))).not.toBe('no error')
  }
  expect((await kms.keys.show('master')).versions[0]).toMatchObject({ state: 'deactivated' })
  await kms.close()
})
