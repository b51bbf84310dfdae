import { expect, test, vi } from 'vitest'
import { type Sample, samplesOf } from '../../src/samples/page.ts'
import { runPage } from '../../src/samples/run.ts'

// Each compiles and starts a process, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const program = (code: string): Sample[] => samplesOf(`\`\`\`ts\n${code}\n\`\`\``)
const problem = async (code: string): Promise<string | undefined> => (await runPage(program(code), true))[0]?.problem

const start = "import { Kms } from '@kms/node'\nawait using kms = await Kms.ephemeral()\n"

test('a sample that does what it says passes', async () => {
  expect(await problem(`${start}console.log(kms.info.ring.name) // default`)).toBeUndefined()
})

test('a sample of what the packages do not have fails, naming the line', async () => {
  expect(await problem(`${start}await kms.keys.shred('a')`)).toMatch(/^line 3: .*shred/)
})

test('a sample that throws fails', async () => {
  expect(await problem(`${start}await kms.keys.show('a')`)).toMatch(/^exit 1[\s\S]*key-not-found/)
})

test('a sample that prints something else fails', async () => {
  expect(await problem(`${start}console.log(kms.info.ring.name) // other`)).toMatch(/^nothing printed matches/)
})
