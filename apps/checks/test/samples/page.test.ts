import { describe, expect, test } from 'vitest'
import { brokenPromise, programsOf, promisedOutput, samplesOf } from '../../src/samples/page.ts'

const page = [
  '# Page',
  '```ts',
  "import { a } from 'a'",
  'console.log(a) // 1',
  '```',
  'Text, and what is no sample:',
  '```sql',
  'SELECT 1',
  '```',
  '```sh',
  'kms doctor',
  '```',
  '```ts',
  'console.log(a + 1) // 2',
  '```',
  '```ts',
  "import { b } from 'b'",
  '```',
].join('\n')

describe('samples of a page', () => {
  test('are its ts and sh blocks, with their lines', () => {
    expect(samplesOf(page).map(({ language, line }) => `${language} ${line}`)).toEqual([
      'ts 3',
      'sh 11',
      'ts 14',
      'ts 17',
    ])
  })

  test('go on with the program before them unless they import, each line where it stands on the page', () => {
    const programs = programsOf(samplesOf(page))
    expect(programs.map(({ language }) => language)).toEqual(['ts', 'sh', 'ts'])
    const lines = page.split('\n')
    for (const { code } of programs) {
      for (const [i, line] of code.split('\n').entries()) if (line !== '') expect(line).toBe(lines[i])
    }
    expect(programs[0]?.code).toContain('a + 1')
  })
})

describe('promised output', () => {
  const promised = promisedOutput('console.log(a) // 1…\n  f(() => console.log(b)), // [ 2 ]\nconsole.log(c)')

  test('is kept by lines in that order, with others between', () => {
    expect(brokenPromise(promised, '0\n1 and more\nx\n[ 2 ]\n')).toBeUndefined()
  })

  test.each(['', '1 and more', '[ 2 ]\n1', '1\n[ 3 ]'])('is broken by %j', (output) => {
    expect(brokenPromise(promised, output)).toBeInstanceOf(RegExp)
  })
})
