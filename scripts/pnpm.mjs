// Runs the pnpm that package.json pins, with nothing but Node and npm on the machine.
//   node scripts/pnpm.mjs [--setup] <pnpm arguments…>      --setup installs from the lockfile first
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const { packageManager } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))
const version = packageManager.replace(/^pnpm@/, '').replace(/\+.*/, '')
const windows = process.platform === 'win32'

// npm hands its whole configuration down as variables, and pnpm would read them as its own.
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' }
const keep = /^npm_config_(cache|registry|cafile|https?_proxy|proxy|nodedir)$/i
for (const name of Object.keys(env)) {
  if (/^npm_(config|package|lifecycle|command|execpath)/i.test(name) && !keep.test(name)) delete env[name]
}

const run = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: root, env, shell: windows, stdio: 'inherit', ...options })

const found = run('pnpm', ['--version'], { stdio: 'pipe', encoding: 'utf8', cwd: dirname(root) })
const pinned = found.status === 0 && found.stdout.trim() === version
const pnpm = (args, options) =>
  pinned
    ? run('pnpm', args, options)
    : run('npm', ['exec', '--yes', '--prefer-offline', `--package=pnpm@${version}`, '--', 'pnpm', ...args], options)

const args = process.argv.slice(2)
if (args[0] === '--setup') {
  args.shift()
  const install = pnpm(['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'], {
    stdio: 'pipe',
    encoding: 'utf8',
  })
  if (install.status !== 0) {
    process.stderr.write(`${install.stdout ?? ''}${install.stderr ?? ''}`)
    process.exit(install.status ?? 1)
  }
}
if (args.length > 0) process.exit(pnpm(args).status ?? 1)
