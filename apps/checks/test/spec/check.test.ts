import { describe, expect, test } from 'vitest'
import { compare, type NamingFile, type RanTest } from '../../src/spec/check.ts'
import { idsNamed, sentencesOf } from '../../src/spec/page.ts'

const page = ['# A page', 'Each ends in an id, such as `[X-9]`.', 'One. [X-1] Two, of two. [X-2]', '', '- Three. [X-3]']
const sentences = sentencesOf('docs/x.md', page.join('\n'))

const ran = (title: string, status: RanTest['status'] = 'passed', file = 'a.test.ts'): RanTest => ({
  file,
  title,
  status,
})
const all = [ran('numbers [X-1]'), ran('group [X-2] [X-3] case')]
const naming = (...ids: string[]): NamingFile[] => [{ file: 'a.test.ts', ids }]
const problems = (tests: RanTest[], files = naming('X-1', 'X-2', 'X-3')): readonly string[] =>
  compare(sentences, tests, files).problems

test('a page has its sentences, each with its place and its words, and ids that are only spoken of are none', () => {
  expect(sentences).toEqual([
    { id: 'X-1', place: 'docs/x.md:3', text: 'One.' },
    { id: 'X-2', place: 'docs/x.md:3', text: 'Two, of two.' },
    { id: 'X-3', place: 'docs/x.md:5', text: '- Three.' },
  ])
})

test('only whole ids count', () => {
  expect(idsNamed('[X-1] [X-1] X-2 [X-03] [x-4] [X-5a] [X-10]')).toEqual(['X-1', 'X-10'])
})

describe('a sentence', () => {
  test('is shown by a test that names it in its title and passes', () => {
    expect(compare(sentences, all, naming('X-1', 'X-2', 'X-3'))).toMatchObject({ shown: { length: 3 }, problems: [] })
  })

  test('without such a test is a problem, also where the test is skipped', () => {
    expect(problems(all.slice(1), naming('X-2', 'X-3'))).toEqual([expect.stringMatching(/^X-1: no test .*x.md:3: One/)])
    expect(problems([ran('numbers [X-1]', 'skipped'), ...all.slice(1)])).toEqual([
      expect.stringMatching(/^X-1: no test/),
    ])
  })

  test('whose test fails is a problem, though another passes', () => {
    expect(problems([...all, ran('again [X-1]', 'failed')])).toEqual([expect.stringMatching(/^X-1: a test fails/)])
  })

  test('given twice is a problem', () => {
    expect(compare([...sentences, sentences[0]!], all, naming()).problems).toEqual([
      expect.stringMatching(/given twice/),
    ])
  })
})

test('a test that names what no page has is a problem', () => {
  expect(problems([...all, ran('[X-4]')], naming('X-4'))).toEqual([expect.stringMatching(/^X-4: no page has it/)])
})

test('an id in a comment shows nothing, and is a problem', () => {
  expect(problems(all.slice(0, 1), naming('X-1', 'X-2'))).toEqual([
    expect.stringMatching(/^X-2: no test/),
    expect.stringMatching(/^X-3: no test/),
    expect.stringMatching(/^X-2: .* in no title/),
  ])
})
