import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { errorCodes } from '@kms/core'
import { describe, expect, test } from 'vitest'
import { variables } from '../src/environment.ts'
import { exitCodeOf, exitCodes } from '../src/exit-codes.ts'
import { sandbox } from './kms.ts'

const box = sandbox()
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replace(/ +/g, ' ')

describe('the tables', () => {
  test('of variables and exit codes are the same in the README, in help and in the program', async () => {
    const environment = (await box.kms(['help', 'environment'])).stdout
    for (const { name, option, meaning } of variables) {
      expect(readme).toContain(`| \`${name}\` |${option === null ? '' : ` \`${option}\``} | ${meaning} |`)
      expect(environment).toMatch(new RegExp(`^${name} .*${meaning.slice(0, 20).replace(/[()]/g, '.')}`, 'm'))
    }
    const codes = (await box.kms(['help', 'exit-codes'])).stdout
    for (const { code, kind, meaning } of exitCodes) {
      expect(readme).toContain(`| ${code} | ${kind} | ${meaning} |`)
      expect(codes).toContain(meaning)
    }
  })

  test('name every variable that the program reads', () => {
    const folder = fileURLToPath(new URL('../src', import.meta.url))
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [...readFileSync(`${folder}/${name}`, 'utf8').matchAll(/(?:'|env\.)((?:KMS_|NO_)[A-Z_]+)/g)])
      .map(([, name]) => name)
    expect([...new Set(names)].sort()).toEqual(variables.map(({ name }) => name).sort())
  })

  test('have an exit code for every kind of error', () => {
    for (const { kind } of Object.values(errorCodes)) expect(exitCodes.some((one) => one.kind === kind)).toBe(true)
    expect(new Set(Object.values(errorCodes).map(({ kind }) => exitCodeOf(kind))).size).toBe(8)
  })
})

test('explain knows every code', async () => {
  const { stdout } = await box.kms(['explain'])
  for (const [code, { meaning }] of Object.entries(errorCodes)) {
    expect(stdout).toContain(code)
    expect(stdout).toContain(meaning)
  }
})

describe('the demonstration', () => {
  const demo = fileURLToPath(new URL('../dist/demo.js', import.meta.url))

  test('does the main job, and goes on with its store when it is run again', async () => {
    const first = await box.kms([], { program: demo })
    expect(first).toMatchObject({ code: 0, stderr: '' })
    const again = await box.kms([fileURLToPath(new URL('../package.json', import.meta.url))], { program: demo })
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(again.stdout).toMatch(/still opens/)
    expect(again.stdout.match(/refused: authentication-failed/g)).toHaveLength(3)
    const fingerprint = /fingerprint\s+(\S+)/
    expect(again.stdout.match(fingerprint)?.[1]).toBe(first.stdout.match(fingerprint)?.[1])
    expect(again.stdout).toContain('version 3')
    expect(statSync(box.path('kms-demo', 'root.key')).mode & 0o777).toBe(0o600)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no colours in a pipe
    expect(again.stdout).not.toMatch(/\x1b/)
  })

  test('ends with commands that work', { timeout: 60_000 }, async () => {
    const { stdout } = await box.kms([], { program: demo })
    const lines = stdout.split('Go on with it\n')[1]?.trim() ?? ''
    const printed = execFileSync('sh', ['-e', '-c', lines], { cwd: box.path(), env: box.env(), encoding: 'utf8' })
    expect(printed).toContain('user-data')
    expect(printed).toContain('kms1AQAAA')
    expect(printed).toContain('Usage: kms')
  })
})
