import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { NamingFile, RanTest } from './check.ts'
import { idsNamed } from './page.ts'

/** The test files under `root`'s packages and apps that name sentences. */
export function namingFiles(root: string, letters: ReadonlySet<string>): NamingFile[] {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name, 'test')))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => ({
      file: relative(root, path),
      ids: idsNamed(readFileSync(path, 'utf8')).filter((id) => letters.has(id[0]!)),
    }))
    .filter(({ ids }) => ids.length > 0)
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/**
 * Runs the tests of those files whose titles name sentences, and says how each ended.
 * @throws Error if a package's tests do not run at all
 */
export function runTests(root: string, files: readonly NamingFile[], letters: ReadonlySet<string>): RanTest[] {
  const folders = new Set(files.map(({ file }) => file.split('/').slice(0, 2).join('/')))
  return [...folders].flatMap((folder) => {
    const own = files.filter(({ file }) => file.startsWith(`${folder}/`)).map(({ file }) => relative(folder, file))
    return runVitest(root, folder, own, `\\[[${[...letters].join('')}]-[0-9]+\\]`)
  })
}

function runVitest(root: string, folder: string, files: readonly string[], titles: string): RanTest[] {
  const scratch = mkdtempSync(join(tmpdir(), 'kms-spec-'))
  try {
    const output = join(scratch, 'report.json')
    const vitest = join(root, folder, 'node_modules', 'vitest', 'vitest.mjs')
    const options = ['--reporter=json', `--outputFile=${output}`, '-t', titles]
    const run = spawnSync(process.execPath, [vitest, 'run', ...files, ...options], {
      cwd: join(root, folder),
      encoding: 'utf8',
    })
    if (!existsSync(output)) throw new Error(`The tests of ${folder} do not run:\n${run.stdout}\n${run.stderr}`)
    const report = JSON.parse(readFileSync(output, 'utf8')) as VitestReport
    return report.testResults.flatMap(({ name, message, assertionResults }) => {
      const file = relative(root, name)
      if (assertionResults.length === 0) throw new Error(`${file} does not run:\n${message ?? ''}`)
      return assertionResults.map(({ fullName, status }) => ({
        file,
        title: fullName,
        status: status === 'passed' || status === 'failed' ? status : ('skipped' as const),
      }))
    })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
