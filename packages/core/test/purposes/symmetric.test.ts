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

test('the check value of a mac key is no mac of anything', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('webhooks', { purpose: 'mac', spec: 'hmac-512' })
  const key = await kms.use('webhooks', { purpose: 'mac' })
  const [stored] = await store.list('administered', 'version/', '', 1)
  const text = new TextDecoder('latin1').decode(stored?.bytes)
  const check = Buffer.from(/"check":"([\w-]{11})"/.exec(text)?.[1] as string, 'base64url')
  const id = Buffer.from(key.id.replaceAll('-', ''), 'hex')
  const label = Buffer.concat([Buffer.from('kms1/check\0'), id, Buffer.from([0, 0, 0, 1]), Buffer.from([1])])
  expect(check).toHaveLength(8)
  expect(Buffer.from(key.mac(label).subarray(0, 8))).not.toEqual(check)
  await kms.close()
})

test('a key to derive gives the same key for the same purpose in any process, and another one for anything else', async () => {
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
