import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantiate } from './instance.ts'

const whole = 16 * 16_384
const wholeSealed = 16 * 16_400
const boundRoom = 65_542

type Instance = ReturnType<typeof instantiate>

function prepared({ call, area, memory }: Instance, serial: number): number {
  memory.set(randomBytes(32), area('keyAt'))
  const handle = call('importKey', serial)
  expect(call('prepare', handle, 1, 27)).toBe(0)
  return handle
}

/**
 * A call with the highest arguments that are in range, where 'handle' stands for a prepared one; then, by position, values that are
 * out of range.
 */
const bounds: readonly (readonly [
  string,
  readonly (number | 'handle')[],
  Readonly<Record<number, readonly number[]>>,
])[] = [
  ['importKey', [2 ** 41 - 1], { 0: [0, -1, 0.5, 1.5, 2 ** 41, Number.NaN, Number.POSITIVE_INFINITY] }],
  ['expandKey', ['handle', whole], { 1: [whole + 1] }],
  ['deriveKey', ['handle', whole, 2 ** 41 - 1, 0], { 1: [whole + 1], 2: [0, 2.5, 2 ** 41] }],
  ['prepare', ['handle', 2, 27], { 1: [0, 3], 2: [28] }],
  ['seal', ['handle', boundRoom, whole - 1, 1000], { 1: [boundRoom + 1], 2: [whole], 3: [1001] }],
  ['open', ['handle', boundRoom, 200], { 1: [boundRoom + 1], 2: [27 + 56 + 15, 27 + 56 + wholeSealed] }],
  ['sealSalted', ['handle', boundRoom, whole - 1], { 1: [boundRoom + 1], 2: [whole] }],
  ['sealBegin', ['handle', boundRoom], { 1: [boundRoom + 1] }],
  ['openBegin', ['handle', boundRoom], { 1: [boundRoom + 1] }],
  ['messageKey', ['handle', boundRoom], { 1: [boundRoom + 1] }],
  ['nonceOfChunk', [2 ** 40 - 1], { 0: [-1, 2 ** 40, Number.NaN] }],
  ['hashBegin', [2], { 0: [3] }],
  ['hashUpdate', [2, whole], { 0: [3], 1: [1, 127, whole + 128] }],
  ['hashEnd', [2, whole, 2 ** 53], { 0: [3], 1: [whole + 1] }],
  ['hash', [2, whole], { 0: [3], 1: [whole + 1] }],
  ['hmacKey', [0, 64], { 0: [3], 1: [65] }],
  ['hmacKey', [2, 128], { 1: [129] }],
  ['hmacEnd', [2, whole, 2 ** 53], { 0: [3], 1: [whole + 1] }],
  ['hmac', [2, 128, whole], { 0: [3], 1: [129], 2: [whole + 1] }],
  ['hkdfExpand', [0, 64, whole - 128, 255 * 32], { 0: [3], 1: [65], 2: [whole - 127], 3: [0, 255 * 32 + 1] }],
  ['hkdf', [2, 128, 66_048, 131_072, 255 * 64], { 0: [3], 1: [129], 2: [66_049], 3: [131_073], 4: [0, 255 * 64 + 1] }],
  ['pbkdf2Begin', [2, whole, 2 ** 32 - 1], { 0: [3], 1: [whole + 1] }],
  ['pbkdf2Iterate', [2, 10], { 0: [3] }],
  ['pbkdf2End', [2], { 0: [3] }],
  ['aeadSeal', [2, whole, whole], { 0: [3], 1: [whole + 1], 2: [whole + 1] }],
  ['aeadOpen', [2, whole, whole], { 0: [3], 1: [whole + 1], 2: [whole + 1] }],
  ['aeadBegin', [2], { 0: [3] }],
  ['aeadHash', [2, whole], { 0: [3], 1: [whole + 1] }],
  ['aeadUpdate', [2, whole, 1], { 0: [3], 1: [whole + 1] }],
  ['aeadEnd', [2, 2 ** 53, 2 ** 53, 1], { 0: [3] }],
  ['keyWrap', [32, 131_072, 0], { 0: [0, 24, 64], 1: [0, 8, 17, 131_080] }],
  ['keyWrap', [16, 131_072, 1], { 1: [0, 131_073] }],
  ['keyUnwrap', [32, 131_080, 0], { 0: [0, 24, 64], 1: [0, 16, 25, 131_088] }],
  ['equal', [whole / 2], { 0: [whole / 2 + 1] }],
]
const farOut: readonly number[] = [-1, -(2 ** 31), 2 ** 31, 2 ** 32 - 1]
/** Where numbers are doubles, in which those are serials and chunks like any other. */
const doubles = ['importKey 0', 'nonceOfChunk 0', 'deriveKey 2']
/** Where nothing that is not genuine has a result. */
const needGenuineInput = ['open', 'openBegin', 'aeadOpen', 'keyUnwrap']

test.each(bounds)('%s does nothing, and says so, given an argument out of range', (name, good, bad) => {
  for (const [position, values] of Object.entries(bad)) {
    for (const value of doubles.includes(`${name} ${position}`) ? values : [...values, ...farOut]) {
      const instance = instantiate()
      const handle = prepared(instance, 1)
      const before = Buffer.from(instance.memory)
      const given = good.map((argument, i) =>
        i === Number(position) ? value : argument === 'handle' ? handle : argument,
      )
      expect(instance.call(name, ...given), `${name}(${given})`).toBeLessThan(0)
      expect(instance.memory.equals(before), `${name}(${given}) leaves memory as it is`).toBe(true)
    }
  }
})

test.each(bounds.filter(([name]) => !needGenuineInput.includes(name)))(
  '%s takes arguments up to their bounds',
  (name, good) => {
    const instance = instantiate()
    const handle = prepared(instance, 1)
    expect(
      instance.call(name, ...good.map((argument) => (argument === 'handle' ? handle : argument))),
    ).toBeGreaterThanOrEqual(0)
  },
)

test('the batches of a message are refused before it is begun, after it ended, and at any other length', () => {
  const instance = instantiate()
  const { call } = instance
  const handle = prepared(instance, 1)
  expect(call('sealBatch', whole, 0)).toBe(-3)
  expect(call('openBatch', wholeSealed, 0)).toBe(-3)
  expect(call('sealBegin', handle, 0)).toBe(27 + 56)
  for (const length of [0, 1, whole - 1, whole + 1, -1]) expect(call('sealBatch', length, 0)).toBe(-3)
  for (const length of [whole, -1]) expect(call('sealBatch', length, 1)).toBe(-3)
  expect(call('sealBatch', whole, 0)).toBe(wholeSealed)
  call('messageEnd')
  expect(call('sealBatch', whole, 0)).toBe(-3)
})

const lengths = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(
    -1,
    65_535,
    65_543,
    131_072,
    131_073,
    whole - 128,
    whole - 1,
    whole,
    whole + 1,
    wholeSealed,
    2 ** 31,
    2 ** 32 - 1,
  ),
  fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
  fc.double(),
)

/** What no call may write: constants, all but the longest run of zeros below the areas, and the slot of somebody else's key. */
function untouchable(instance: Instance) {
  const { area, memory } = instance
  const before = Buffer.from(memory)
  const scratch = memory.indexOf(Buffer.alloc(5376))
  const scratchEnd = memory.findIndex((byte, i) => i >= scratch && (byte !== 0 || i === area('heapAt')))
  prepared(instance, 1)
  const slot = memory.findIndex((byte, i) => i >= area('outAt') && byte !== before[i])
  return {
    parts: [
      memory.subarray(0, scratch),
      memory.subarray(scratchEnd, area('boundAt') - 256),
      memory.subarray(slot, slot + 192),
    ],
    states: [...Array(8).keys()].map((i) => Buffer.from(memory.subarray(slot + 16 * i, slot + 16 * i + 16))),
    others: [memory.subarray(0, slot), memory.subarray(slot + 192)],
  }
}

test('whatever calls are made, no other slot, constant or memory between the areas is written, and no other key given away', () => {
  const calls = fc.array(
    fc.record({
      name: fc.constantFrom(...instantiate().names.filter((name) => name !== 'wipe')),
      values: fc.array(lengths, { minLength: 5, maxLength: 5 }),
      withHandle: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(calls, (sequence) => {
      const instance = instantiate()
      const { parts, states, others } = untouchable(instance)
      const own = prepared(instance, 2)
      const before = parts.map((part) => Buffer.from(part))
      for (const { name, values, withHandle } of sequence) {
        const given = withHandle ? [own, ...values] : values
        // A count of iterations is no length: any is in range, and takes its time.
        if (name === 'pbkdf2Iterate') given[1] = (given[1] as number) & 15
        instance.call(name, ...given) // an access beyond the memory would trap
      }
      parts.forEach((part, i) => {
        expect(part.equals(before[i] as Buffer), `part ${i}`).toBe(true)
      })
      for (const state of states) for (const other of others) expect(other.includes(state)).toBe(false)
    }),
    { numRuns: 150 },
  )
}, 120_000)
