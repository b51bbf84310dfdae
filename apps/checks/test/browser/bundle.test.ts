import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Bundle, bundle } from '../../src/browser/bundle.ts'

const folder = mkdtempSync(join(tmpdir(), 'kms-bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A bundle of a program which imports a module that holds this. */
async function of(code: string): Promise<Bundle> {
  writeFileSync(join(folder, 'deep.mjs'), code)
  writeFileSync(join(folder, 'entry.mjs'), "import { value } from './deep.mjs'\nglobalThis.seen = value\n")
  return bundle(join(folder, 'entry.mjs'))
}

test('a program for every platform is one script without problems', async () => {
  const { code, problems } = await of('export const value = 7')
  expect(problems).toEqual([])
  expect(code).not.toMatch(/\b(import|export)\b/)
})

test.each(['node:crypto', 'fs'])('importing %s is a problem that says where', async (name) => {
  const { problems } = await of(`import * as it from '${name}'\nexport const value = it`)
  expect(problems.join()).toContain(`deep.mjs imports ${name}`)
})

test('importing what is nowhere is a problem', async () => {
  const { problems } = await of("import it from 'not-installed'\nexport const value = it")
  expect(problems.join()).toContain('not-installed')
})

test('a top-level await is refused', async () => {
  await expect(of('export const value = await Promise.resolve(1)')).rejects.toThrow(/[Tt]op-level await/)
})
