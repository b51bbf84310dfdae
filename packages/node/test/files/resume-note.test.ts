import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { leaveStopped, takeStopped } from '../../src/files/resume-note.ts'
import { temporaryFolder } from '../folder.ts'

/** What happens while a note is being read. */
const meanwhile: { run?: (() => Promise<void>) | undefined } = {}
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>()
  const readFile = async (...given: Parameters<typeof actual.readFile>): Promise<unknown> => {
    const contents = await actual.readFile(...given)
    const { run } = meanwhile
    meanwhile.run = undefined
    await run?.()
    return contents
  }
  return { ...actual, readFile }
})

const at = temporaryFolder()
beforeEach(() => vi.stubEnv('XDG_STATE_HOME', at('state')))
afterEach(() => vi.unstubAllEnvs())

test('a note is taken by one, also when the other goes on, stops and leaves a later one while the first reads', async () => {
  const earlier = { partial: '.out.1.tmp', done: 1000 }
  const later = { partial: '.out.1.tmp', done: 2000 }
  await leaveStopped('encrypt', at('out'), earlier)
  let second: unknown
  meanwhile.run = async () => {
    second = await takeStopped('encrypt', at('out'))
    await leaveStopped('encrypt', at('out'), later)
  }
  const first = await takeStopped('encrypt', at('out'))
  expect([first, second].filter((one) => one !== undefined)).toHaveLength(1)
  expect(await takeStopped('encrypt', at('out'))).toMatchObject(later)
  expect(await takeStopped('encrypt', at('out'))).toBeUndefined()
})
