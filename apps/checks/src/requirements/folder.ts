import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a command gave. */
export interface Outcome {
  readonly exit: number
  /** Standard output, then standard error. */
  readonly output: string
}

const commandSeconds = 120
const repository = fileURLToPath(new URL('../../../../', import.meta.url))

/** Commands on the path of every check: the built command line, and the small SDK programs beside this file. */
const commands: Readonly<Record<string, string>> = {
  kms: `"${join(repository, 'apps/cli/dist/main.js')}" "$@"`,
  sdk: `"${fileURLToPath(new URL('./programs/', import.meta.url))}$1.js" "$@"`,
}

/** A fresh folder, with a home of its own and no variable of ours set, in which commands run. */
export class Folder {
  readonly path: string
  readonly #env: NodeJS.ProcessEnv

  private constructor(path: string, env: NodeJS.ProcessEnv) {
    this.path = path
    this.#env = env
  }

  static async create(variables: Readonly<Record<string, string>>): Promise<Folder> {
    const base = await mkdtemp(join(tmpdir(), 'kms-requirements-'))
    const [bin, home, work] = ['bin', 'home', 'work'].map((name) => join(base, name)) as [string, string, string]
    for (const folder of [bin, home, work]) await mkdir(folder)
    for (const [name, program] of Object.entries(commands)) {
      await writeFile(join(bin, name), `#!/bin/sh\nexec "${process.execPath}" ${program}\n`)
      await chmod(join(bin, name), 0o755)
    }
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(KMS_|XDG_|NODE_ENV$|npm_|FORCE_COLOR$)/i.test(name),
    )
    const env = {
      ...Object.fromEntries(inherited),
      HOME: home,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      NO_COLOR: '1',
    }
    return new Folder(work, { ...env, ...variables })
  }

  /** Runs a command line with `sh`, its input empty. One that takes two minutes is killed and exits with 124. */
  run(command: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn('sh', ['-c', command], {
        cwd: this.path,
        env: this.#env,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      })
      const out: Buffer[] = []
      const err: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
      // The whole group: what the shell started holds its pipes too.
      const timer = setTimeout(
        () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'),
        commandSeconds * 1000,
      )
      child.on('error', reject)
      child.on('close', (code) => {
        clearTimeout(timer)
        resolve({ exit: code ?? 124, output: Buffer.concat([...out, ...err]).toString() })
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(join(this.path, '..'), { recursive: true, force: true })
  }
}
