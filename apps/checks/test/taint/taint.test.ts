import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { primitivesBytes } from '@kms/wasm'
import { expect, test } from 'vitest'
import { binary, unary } from '../../src/taint/arithmetic.ts'
import { readBinary } from '../../src/taint/binary.ts'
import { judge } from '../../src/taint/judge.ts'
import { Machine } from '../../src/taint/machine.ts'
import { scenarios } from '../../src/taint/scenarios.ts'
import { Watched } from '../../src/taint/watched.ts'

const main = fileURLToPath(new URL('../../dist/taint/main.js', import.meta.url))

function run(...args: string[]): { exit: number | null; output: string; last: string | undefined } {
  const { status, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  return { exit: status, output: stdout, last: stdout.trim().split('\n').at(-1) }
}

/** A module with one page of memory and one export, `f`, of a number: what the body makes of it. */
function tiny(body: readonly number[]): Machine {
  const code = [0, ...body, 0x0b]
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f], // (i32) → i32
    ...[3, 2, 1, 0],
    ...[5, 3, 1, 0, 1],
    ...[7, 5, 1, 1, 0x66, 0, 0],
    ...[10, code.length + 2, 1, code.length, ...code],
  ]
  const machine = new Machine(readBinary(Uint8Array.from(bytes)))
  machine.memory.set([3, 0, 0, 0, 5], 8)
  machine.secret[8] = 1
  return machine
}

/** Loads the secret byte at 8. */
const secret = [0x41, 8, 0x2d, 0, 0]
/** Loads the public byte at 12. */
const open = [0x41, 12, 0x2d, 0, 0]

test.each([
  ['an address', [...secret, 0x2d, 0, 0], 'address'],
  ['an address it is a part of', [...secret, ...open, 0x6a, 0x2d, 0, 0], 'address'],
  ['a store’s address', [...secret, ...open, 0x3a, 0, 0, 0x41, 0], 'address'],
  ['a condition', [...secret, 0x04, 0x40, 0x0b, 0x41, 0], 'branch'],
  ['a branch out of a block', [0x02, 0x40, ...secret, 0x0d, 0, 0x0b, 0x41, 0], 'branch'],
  ['a select', [...open, ...open, ...secret, 0x1b], 'select'],
  ['a division', [...open, ...secret, 0x6e], 'division'],
  ['a length', [0x41, 16, 0x41, 0, ...secret, 0xfc, 11, 0, 0x41, 0], 'length'],
])('a secret that decides %s is found', (_, body, kind) => {
  const machine = tiny(body)
  machine.call('f', 1)
  expect(machine.takeFindings().map((finding) => finding.kind)).toEqual([kind])
  const same = tiny(body)
  same.secret.fill(0)
  same.call('f', 1)
  expect(same.takeFindings()).toEqual([])
})

test('a secret stays one through arithmetic, locals and memory, and what is written over it is public', () => {
  // memory[20] = memory[8] ^ 1; f = memory[20]
  const body = [
    0x41,
    20,
    ...secret,
    0x41,
    1,
    0x73,
    0x22,
    0,
    0x3a,
    0,
    0,
    0x20,
    0,
    0x04,
    0x40,
    0x0b,
    0x41,
    20,
    0x2d,
    0,
    0,
  ]
  const machine = tiny(body)
  expect(machine.call('f', 0)).toBe(2)
  expect(machine.secret[20]).toBe(1)
  expect(machine.takeFindings()).toHaveLength(1)
  machine.secret[8] = 0
  machine.call('f', 0)
  expect(machine.secret[20]).toBe(0)
})

test('an instruction that is not known is an error, not passed over', () => {
  expect(() => tiny([0xfd, 0xff, 1])).toThrow('Opcode')
})

test('a memory access outside is a trap', () => {
  expect(() => tiny([0x41, 0x7f, 0x2d, 0, 0]).call('f', 0)).toThrow('trap')
})

test('arithmetic at its edges', () => {
  expect(binary['i32.rotr']?.(1, 0)).toBe(1)
  expect(binary['i32.rotl']?.(-2147483648, 1)).toBe(1)
  expect(binary['i64.rotr']?.(1n, 1n)).toBe(2n ** 63n)
  expect(binary['i32.div_u']?.(-1, 2)).toBe(2 ** 31 - 1)
  expect(unary['i64.trunc_sat_f64_u']?.(-1)).toBe(0n)
  expect(unary['i64.trunc_sat_f64_u']?.(2 ** 70)).toBe(2n ** 64n - 1n)
})

test('allowances that nothing needs are failures, and so are findings that none allows', { timeout: 120_000 }, () => {
  const module = new Watched(primitivesBytes())
  const compare = scenarios.find(({ name }) => name.startsWith('compare')) as (typeof scenarios)[number]
  expect(judge(compare, module).good).toBe(true)
  const allowance = { kind: 'branch', from: 'i32.eqz', times: 1, why: 'none' } as const
  expect(judge({ ...compare, allowed: [allowance] }, module).problems).toEqual([
    'branch by i32.eqz: 0 times, 1 are allowed',
  ])
  const wrap = scenarios.find(({ name }) => name.startsWith('AES-256-KW, 32')) as (typeof scenarios)[number]
  expect(judge({ ...wrap, allowed: [] }, module).problems[0]).toMatch(/^branch by i64\.eqz: 1 times, in function/)
})

test('the module as it is shipped passes', { timeout: 600_000 }, () => {
  const { exit, last, output } = run()
  expect(last).toMatch(/^\d\d passed, 0 failed$/)
  expect(exit).toBe(0)
  const [, executed, all] = /(\d+) of (\d+) instructions ran/.exec(output) as RegExpExecArray
  expect(Number(executed) / Number(all)).toBeGreaterThan(0.98)
})

test.each([
  ['early-exit', 'compare', /branch by i32\.ne/],
  ['table', 'AES-256-KW, 32', /address by i32\.load8_u/],
  ['no-wipe', 'suite 2, 64', /secret bytes are left/],
])('%s is found', { timeout: 120_000 }, (mutant, only, finding) => {
  const { exit, output } = run('--mutant', mutant, '--only', only)
  expect(exit).toBe(1)
  expect(output).toMatch(finding)
})

test.each([[['--mutant', 'none']], [['--what']]])('usage is explained for %j', (args) => {
  expect(run(...args).exit).toBe(2)
})
