import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brokenPromise, promisedOutput, type Sample } from './page.ts'
import { compile } from './typescript.ts'

const packageFolder = fileURLToPath(new URL('../../', import.meta.url))
const cli = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url))
const timeLimitMs = 60_000
/** What samples may take as there. */
const givenFiles = ['notes.txt', 'data.tar']

export interface Outcome {
  readonly sample: Sample
  /** What went wrong; undefined if nothing did. */
  readonly problem: string | undefined
}

/**
 * Runs a page's programs in order, in one fresh folder, against the built packages.
 * @param runsShell whether `sh` samples are run; else only their syntax is checked
 */
export async function runPage(programs: readonly Sample[], runsShell: boolean): Promise<Outcome[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'kms-samples-')))
  try {
    const work = await prepare(folder)
    const outcomes: Outcome[] = []
    for (const sample of programs) {
      const problem =
        sample.language === 'ts' ? await runTypeScript(sample, work) : await runShell(sample, work, runsShell)
      outcomes.push({ sample, problem })
    }
    return outcomes
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Work {
  /** Where the samples run. */
  readonly folder: string
  readonly environment: NodeJS.ProcessEnv
}

/** A folder in which a sample finds the packages, the command `kms`, and nothing of this machine's user. */
async function prepare(root: string): Promise<Work> {
  const [folder, bin] = [join(root, 'work'), join(root, 'bin')]
  await Promise.all([mkdir(folder), mkdir(bin)])
  await symlink(join(packageFolder, 'node_modules'), join(root, 'node_modules'), 'junction')
  await writeFile(join(root, 'package.json'), '{ "type": "module" }\n')
  await writeFile(join(bin, 'kms'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`)
  await chmod(join(bin, 'kms'), 0o700)
  for (const name of givenFiles) await writeFile(join(folder, name), 'Some notes.\n')
  const { NODE_ENV: _, ...inherited } = process.env
  return {
    folder,
    environment: {
      ...inherited,
      HOME: root,
      XDG_STATE_HOME: join(root, 'state'),
      PATH: `${bin}${delimiter}${inherited.PATH ?? ''}`,
      KMS_STORE: 'sqlite:./app.keys',
      KMS_PASSWORD: 'seven words that nobody else would say',
      NO_COLOR: '1',
    },
  }
}

async function runTypeScript(sample: Sample, { folder, environment }: Work): Promise<string | undefined> {
  const { problem, path } = await compile(sample.code, folder, `sample-${sample.line}`)
  if (problem !== undefined) return problem
  const { code, output } = await run(process.execPath, ['--enable-source-maps', path], folder, environment)
  if (code !== 0) return `exit ${code}\n${output}`
  const broken = brokenPromise(promisedOutput(sample.code), output)
  return broken === undefined ? undefined : `nothing printed matches ${broken}\n${output}`
}

async function runShell(sample: Sample, { folder, environment }: Work, runs: boolean): Promise<string | undefined> {
  const how = runs ? ['-euc', sample.code.trim()] : ['-nc', sample.code.trim()]
  const { code, output } = await run('sh', how, folder, environment)
  return code === 0 ? undefined : `exit ${code}\n${output}`
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | string; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeLimitMs })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 'unknown', output }))
  })
}
