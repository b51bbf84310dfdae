import { writeFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key' }

beforeAll(async () => {
  await box.kms(['init'], { env })
})

test('many keys are made from a file of names, with a result for each', async () => {
  writeFileSync(box.path('names'), `a\nb\n\n${Array.from({ length: 120 }, (_, i) => `tenant-${i}`).join('\n')}\n`)
  const made = await box.kms(['key', 'create', '--names-from', 'names', '--json'], { env })
  expect(made.code).toBe(0)
  const results = JSON.parse(made.stdout) as { name: string; created: boolean; key: { primary: string } }[]
  expect(results.length).toBe(122)
  expect(results[121]).toMatchObject({ name: 'tenant-119', created: true, key: { primary: '1' } })

  const again = await box.kms(['key', 'create', '--names-from', '-', '--json'], { env, input: 'c\r\na\nd/e' })
  expect(again.code).toBe(4)
  expect(JSON.parse(again.stdout)).toMatchObject([
    { name: 'c', created: true },
    { name: 'a', error: { code: 'key-exists' } },
    { name: 'd/e', error: { code: 'invalid-argument' } },
  ])
  expect(JSON.parse(again.stderr)).toMatchObject({ error: { code: 'key-exists' } })

  const repeated = await box.kms(['key', 'create', '--names-from', '-', '--if-absent'], { env, input: 'a\nnew\n' })
  expect(repeated.code).toBe(0)
  expect(repeated.stdout).toBe('Made 1 key, 1 there already.\n')
})

test('keys are listed by the page, each once', async () => {
  const seen: string[] = []
  for (let after: string[] = []; ; ) {
    const { stdout } = await box.kms(['key', 'list', '--limit', '50', ...after, '--json'], { env })
    const page = JSON.parse(stdout) as { id: string; name: string }[]
    seen.push(...page.map(({ name }) => name))
    if (page.length < 50) break
    after = ['--after', page.at(-1)?.id ?? '']
  }
  const { stdout } = await box.kms(['key', 'list', '--json'], { env })
  expect(seen.sort()).toEqual((JSON.parse(stdout) as { name: string }[]).map(({ name }) => name))
  expect((await box.kms(['key', 'list', '--limit', '0'], { env })).code).toBe(2)
})

test('a key needs a name, and one of them', async () => {
  expect((await box.kms(['key', 'create', 'x', '--names-from', 'names'], { env })).code).toBe(2)
  const { code, stderr } = await box.kms(['key', 'create'], { env })
  expect(code).toBe(2)
  expect(stderr).toContain('--names-from')
})
