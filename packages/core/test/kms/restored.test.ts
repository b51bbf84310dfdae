import { expect, test } from 'vitest'
import { Kms, memoryLastSeen } from '../../src/index.ts'
import { interposed } from '../rotation/interposed.ts'
import { codeOf, newKms, openKms, parts, rewrite, root } from './memory-kms.ts'

const context = { table: 'users' }

test('after a restore a version that the backup knows as unused is not destroyed: it may have protected data since', async () => {
  const lastSeen = memoryLastSeen()
  const { kms, store } = await newKms({ lastSeen })
  await kms.keys.create('k')
  await kms.keys.importVersion('k', crypto.getRandomValues(new Uint8Array(32)))
  const backup = await rewrite(store, 'none', (bytes) => bytes)
  await kms.rotations.rotate('k', { to: 2 })
  const envelope = await kms.encrypt('after the backup', { key: 'k', context })

  const restored = await openKms(backup, { lastSeen, acceptRestore: 'disk failure' })
  for (const waitDays of [0, 30])
    expect(await codeOf(() => restored.keys.destroy('k', 2, { waitDays }))).toBe('census-required')
  const departure = { keys: ['k'] }
  expect((await restored.incidents.plan('departure', departure)).keys[0]?.versions).toMatchObject([{ version: '1' }])
  await restored.incidents.declare('departure', departure, { reason: 'M. leaves' })
  await restored.rotations.rotate('k', { to: 2 })
  expect(await restored.decryptText(envelope, { key: 'k', context })).toBe('after the backup')
  const { version } = await restored.keys.importVersion('k', crypto.getRandomValues(new Uint8Array(32)))
  expect(await codeOf(() => restored.keys.destroy('k', version))).toBe('no error')
})

test('after a restore a rotation is taken back without destroying the version that it led to', async () => {
  const lastSeen = memoryLastSeen()
  const { kms, store } = await newKms({ lastSeen })
  await kms.keys.create('k')
  const dead = interposed(store, 2, () => Promise.reject(new Error('gone')))
  const victim = await Kms.open({ ...parts(dead), lastSeen, root: root() })
  await expect(victim.keys.rotate('k')).rejects.toThrow('gone')
  const backup = await rewrite(store, 'none', (bytes) => bytes)
  const [rotation] = await kms.rotations.list()
  await kms.rotations.resume(rotation?.id ?? '')

  const restored = await openKms(backup, { lastSeen, acceptRestore: 'disk failure' })
  expect(await restored.rotations.rollback(rotation?.id ?? '')).toMatchObject({ step: 'rolled-back' })
  expect((await restored.keys.version('k', 2)).state).toBe('pre-active')
})
