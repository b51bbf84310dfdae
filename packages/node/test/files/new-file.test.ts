import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { writeFileAtomically } from '../../src/files/atomic-write.ts'
import { NewFile } from '../../src/files/new-file.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

test('a file is written whole, for its owner alone, and nothing else is left', async () => {
  await writeFileAtomically(at('out'), text('hello'))
  expect(readFileSync(at('out'), 'utf8')).toBe('hello')
  expect(statSync(at('out')).mode & 0o777).toBe(0o600)
  expect(readdirSync(at())).toEqual(['out'])
})

test('a file that is there is replaced only by force', async () => {
  writeFileSync(at('out'), 'old')
  await expect(writeFileAtomically(at('out'), text('new'))).rejects.toMatchObject({ code: 'file-exists' })
  expect(readFileSync(at('out'), 'utf8')).toBe('old')
  await writeFileAtomically(at('out'), text('new'), { force: true })
  expect(readFileSync(at('out'), 'utf8')).toBe('new')
  expect(readdirSync(at())).toEqual(['out'])
})

test('a file that somebody makes meanwhile is not overwritten', async () => {
  const file = await NewFile.create(at('out'))
  await file.handle.writeFile('mine')
  writeFileSync(at('out'), 'theirs')
  await expect(file.commit()).rejects.toMatchObject({ code: 'file-exists' })
  expect(readFileSync(at('out'), 'utf8')).toBe('theirs')
  expect(readdirSync(at())).toEqual(['out'])
})

test('until it is committed nobody sees it, and discarding leaves nothing', async () => {
  writeFileSync(at('out'), 'old')
  const file = await NewFile.create(at('out'), { force: true })
  await file.handle.writeFile('half')
  expect(readFileSync(at('out'), 'utf8')).toBe('old')
  await file.discard()
  await file.discard()
  expect(readdirSync(at())).toEqual(['out'])
})

test('what cannot be written is file-unavailable, with the file and the reason', async () => {
  const missing = writeFileAtomically(at('no', 'out'), text('x'))
  await expect(missing).rejects.toMatchObject({
    code: 'file-unavailable',
    message: expect.stringContaining('does not exist'),
  })
  await expect(writeFileAtomically('/dev/null', text('x'), { force: true })).rejects.toMatchObject({
    code: 'file-unavailable',
  })
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
})

test('force replaces a link, not what it leads to', async () => {
  writeFileSync(at('target'), 'kept')
  symlinkSync(at('target'), at('out'))
  await writeFileAtomically(at('out'), text('new'), { force: true })
  expect(readFileSync(at('target'), 'utf8')).toBe('kept')
  expect(readFileSync(at('out'), 'utf8')).toBe('new')
})
