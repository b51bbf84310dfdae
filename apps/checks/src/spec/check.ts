import { idsNamed, type Sentence } from './page.ts'

/** A test as it ran. */
export interface RanTest {
  readonly file: string
  /** With the titles of the groups it stands in. */
  readonly title: string
  readonly status: 'passed' | 'failed' | 'skipped'
}

/** A test file that names sentences, whether or not in a title. */
export interface NamingFile {
  readonly file: string
  readonly ids: readonly string[]
}

export interface Report {
  /** Sentences that a test shows. */
  readonly shown: readonly Sentence[]
  readonly problems: readonly string[]
}

/**
 * Compares the sentences of the pages with the tests that name them.
 *
 * A sentence is shown by a test that names it in its title, ran, and passed. A skipped test shows nothing, nor does an id in a
 * comment. It is a problem that a sentence is given twice or shown by no test, that a test which names it fails, that a test names
 * what no page has, and that a file names an id outside of titles.
 */
export function compare(
  sentences: readonly Sentence[],
  tests: readonly RanTest[],
  files: readonly NamingFile[],
): Report {
  const known = new Set(sentences.map(({ id }) => id))
  const problems: string[] = []
  const shown: Sentence[] = []
  const places = new Map<string, string>()
  for (const sentence of sentences) {
    const { id, place, text } = sentence
    const before = places.get(id)
    if (before !== undefined) problems.push(`${id}: given twice, ${before} and ${place}`)
    places.set(id, place)
    const naming = tests.filter(({ title }) => idsNamed(title).includes(id))
    const failed = naming.filter(({ status }) => status === 'failed')
    for (const { file, title } of failed) problems.push(`${id}: a test fails, ${file}: ${title}`)
    if (failed.length > 0 || before !== undefined) continue
    if (naming.some(({ status }) => status === 'passed')) shown.push(sentence)
    else problems.push(`${id}: no test that passes names it, ${place}: ${text}`)
  }
  for (const { file, ids } of files) {
    const titled = new Set(tests.filter((test) => test.file === file).flatMap(({ title }) => idsNamed(title)))
    for (const id of ids) {
      if (!known.has(id)) problems.push(`${id}: no page has it, ${file} names it`)
      else if (!titled.has(id)) problems.push(`${id}: ${file} names it in no title of a test`)
    }
  }
  return { shown, problems }
}
