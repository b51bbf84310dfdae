import { randomBytes, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key' }

interface Key {
  readonly id: string
  readonly primary: string | null
  readonly versions: readonly { readonly label: string; readonly state: string }[]
}

beforeAll(async () => {
  await box.kms(['init'], { env })
  await box.kms(['key', 'create', 'a'], { env })
})

const show = async (): Promise<Key> => (await box.json(['key', 'show', 'a'], { env })) as Key

test('a change repeated with its --request-id is done once, and another change is refused under it', async () => {
  const id = randomUUID()
  const rotate = ['key', 'rotate', 'a', '--request-id', id]
  expect(await box.json(rotate, { env })).toMatchObject({ primary: '2' })
  expect(await box.json(rotate, { env })).toMatchObject({ primary: '2' })
  expect((await show()).versions.length).toBe(2)
  const other = await box.kms(['key', 'disable', 'a', '--yes', '--request-id', id], { env })
  expect(other.code).toBe(8)
  expect(other.stderr).toContain('used for another change')
})

test('every command that changes a key takes one', async () => {
  writeFileSync(box.path('given'), randomBytes(32), { mode: 0o600 })
  const twice: readonly (readonly string[])[] = [
    ['key', 'create', 'b'],
    ['key', 'describe', 'b', 'of others'],
    ['key', 'policy', 'b', '--rotation-days', '30'],
    ['key', 'rename', 'b', 'c'],
    ['key', 'import', 'given', '--as-version-of', 'c'],
    ['key', 'compromise', 'c', '2', '--yes'],
    ['key', 'destroy', 'c', '2', '--wait-days', '3', '--yes'],
    ['key', 'cancel-destruction', 'c', '2'],
    ['key', 'disable', 'c', '1', '--yes'],
    ['key', 'enable', 'c', '1'],
    ['key', 'retire', 'c', '1'],
    ['incident', 'departure', 'c', '--reason', 'M. leaves', '--yes'],
  ]
  for (const command of twice) {
    const args = [...command, '--request-id', randomUUID(), '--json']
    const runs = [await box.kms(args, { env }), await box.kms(args, { env })]
    expect(
      runs.map(({ code, stderr }) => ({ command, code, stderr })),
      command.join(' '),
    ).toMatchObject([{ code: 0 }, { code: 0 }])
    expect(runs[1]?.stdout).toBe(runs[0]?.stdout)
  }
}, 120_000)

test('a rotation is shortened and taken back once, and an incident is declared once', async () => {
  await box.kms(['key', 'rotate', 'a'], { env })
  const [rotation] = (await box.json(['rotation', 'list', '--key', 'a'], { env })) as [{ readonly id: string }]
  const shorten = ['rotation', 'shorten', rotation.id, '--days', '9', '--reason', 'x', '--request-id', randomUUID()]
  const rollback = ['rotation', 'rollback', rotation.id, '--yes', '--request-id', randomUUID()]
  for (const args of [shorten, rollback]) {
    const [first, again] = [await box.json(args, { env }), await box.json(args, { env })]
    expect(again).toEqual(first)
  }
  const declare = ['incident', 'compromise', 'a', '--reason', 'x', '--yes', '--request-id', randomUUID()]
  const [first, again] = [await box.json(declare, { env }), await box.json(declare, { env })]
  expect(again).toEqual(first)
  expect((await show()).versions.length).toBe(4)
}, 60_000)
