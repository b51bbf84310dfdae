import { type Context, type KeySlots, KmsError, noContext, type Opener, type Primitives, Secret } from '@kms/core'
import {
  beginOpening,
  encodeRecipients,
  keyOpener,
  keyRecipient,
  type OpenOptions,
  openEnvelope,
  parseHeader,
  passwordOpener,
  type RecipientsHeader,
  rootKeyHolder,
  type Stanza,
  sealEnvelope,
  toText,
} from '@kms/core/envelope'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { describe, expect, test } from 'vitest'
import { createNativeKeySlots, createNativePrimitives } from '../../src/index.ts'

// What an opener refuses, in which order (docs/envelope-v1.md, last section): on both backends, through openEnvelope alone.

interface Backend {
  readonly primitives: Primitives
  readonly slots: KeySlots
}

const backends: readonly (readonly [string, Backend])[] = [
  ['wasm', { primitives: createWasmPrimitives(), slots: createWasmKeySlots() }],
  ['native', { primitives: createNativePrimitives(), slots: createNativeKeySlots() }],
]
const generous = { timeout: 180_000 }
const context = { tenant: 'acme' }
const holder = (fill: number, { primitives }: Backend): ReturnType<typeof rootKeyHolder> =>
  rootKeyHolder(Secret.take(new Uint8Array(32).fill(fill)), primitives)
const opener = (fill: number, on: Backend): Opener => keyOpener(holder(fill, on), on)
const bytesOf = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7) % 256)

const seal = (on: Backend, n: number, fills = [1, 2, 3], of: Context = context): Promise<Uint8Array> =>
  sealEnvelope(bytesOf(n), { context: of, recipients: fills.map((fill) => keyRecipient(holder(fill, on), on)), ...on })

/** The code that opening ends with; `opened`, if it does not fail. */
async function refusal(envelope: Uint8Array, on: Backend, options: Partial<OpenOptions> = {}): Promise<string> {
  try {
    await openEnvelope(envelope, { context, openers: [opener(2, on)], ...on, ...options })
    return 'opened'
  } catch (error) {
    return error instanceof KmsError ? error.code : String(error)
  }
}

/** An envelope whose recipients were changed after the fact, its mac left as it was. */
function withRecipients(envelope: Uint8Array, change: (stanzas: readonly Stanza[]) => readonly Stanza[]): Uint8Array {
  const header = parseHeader(envelope) as RecipientsHeader
  return Buffer.concat([
    encodeRecipients(header, change(header.recipients)),
    header.mac,
    envelope.subarray(header.length),
  ])
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7))
  return copy
}

const stanzaLength = 63
const macAt = 8 + 3 * stanzaLength

/** What a flipped bit of a header to three keys, of which the second is held, must lead to. */
function expected(at: number, value: number): readonly string[] {
  const failed = ['authentication-failed']
  if (at < 4 || at === 6) return ['unsupported']
  if (at === 4) return value > 6 ? ['unsupported'] : value === 1 ? ['malformed'] : failed
  if (at === 5) return value === 0 ? failed : ['unsupported']
  // A count or a length that is another shifts what follows: what then stands there hardly ever fits.
  if (at === 7) return value === 1 ? ['no-matching-key'] : ['malformed', ...failed]
  if (at >= macAt) return failed
  const [index, inside] = [Math.floor((at - 8) / stanzaLength), (at - 8) % stanzaLength]
  const other = index === 1 ? ['no-matching-key'] : failed
  if (inside === 0) return value === 5 ? ['malformed'] : other
  if (inside < 3) return ['malformed', ...failed]
  if (inside === 22 && value === 0) return ['malformed']
  return inside < 23 ? other : failed
}

describe.each(backends)('on the %s backend', (_, on) => {
  test('every single flipped bit of a header with three recipients has its code [E-94]', generous, async () => {
    const envelope = await seal(on, 100)
    for (let bit = 0; bit < (macAt + 32) * 8; bit++) {
      const changed = flipped(envelope, bit)
      expect(expected(bit >> 3, changed[bit >> 3]!), `bit ${bit}`).toContain(await refusal(changed, on))
    }
  })

  test('a flipped bit in any byte of a body of two chunks is authentication-failed [E-94]', generous, async () => {
    const envelope = await seal(on, 16_384 + 20)
    for (let bit = (macAt + 32) * 8; bit < envelope.length * 8; bit += 9) {
      const code = await refusal(flipped(envelope, bit), on)
      if (code !== 'authentication-failed') expect.fail(`bit ${bit}: ${code}`)
    }
  })

  test(
    'every truncation is malformed within the header, authentication-failed after it [E-90] [E-94]',
    generous,
    async () => {
      const envelope = await seal(on, 16_384 + 20)
      for (let length = 0; length < envelope.length; length++) {
        const code = await refusal(envelope.subarray(0, length), on)
        if (code !== (length < macAt + 32 ? 'malformed' : 'authentication-failed'))
          expect.fail(`${length} bytes: ${code}`)
      }
    },
  )

  test('every extension is authentication-failed [E-94]', generous, async () => {
    for (const n of [0, 20, 16_368, 16_383, 16_384]) {
      const envelope = await seal(on, n)
      for (const more of [1, 2, 15, 16, 17, 32, 16_400 - n, 16_400, 40_000]) {
        if (more < 1) continue
        const longer = Buffer.concat([envelope, bytesOf(more)])
        expect(await refusal(longer, on), `${n} bytes and ${more}`).toBe('authentication-failed')
      }
      expect(await refusal(Buffer.concat([envelope, envelope]), on)).toBe('authentication-failed')
    }
  })

  test(
    'chunks swapped, duplicated, dropped or of another envelope are authentication-failed [E-94]',
    generous,
    async () => {
      const [envelope, another] = [await seal(on, 50_000), await seal(on, 50_000)]
      const body = macAt + 32 + 56
      const chunk = (of: Uint8Array, i: number): Uint8Array => of.subarray(body + i * 16_400, body + (i + 1) * 16_400)
      const own = [0, 1, 2, 3].map((i) => chunk(envelope, i))
      const orders: Uint8Array[][] = [own.slice(1), own.slice(0, 3), [...own].reverse()]
      for (let i = 0; i < 4; i++) {
        orders.push(own.filter((_, at) => at !== i))
        orders.push(own.flatMap((one, at) => (at === i ? [one, one] : [one])))
        orders.push(own.map((one, at) => (at === i ? chunk(another, i) : one)))
        for (let j = 0; j < i; j++) orders.push(own.map((one, at) => own[at === i ? j : at === j ? i : at] ?? one))
      }
      const start = envelope.subarray(0, body)
      expect(await refusal(Buffer.concat([start, ...own]), on)).toBe('opened')
      for (const order of orders) {
        expect(await refusal(Buffer.concat([start, ...order]), on)).toBe('authentication-failed')
      }
    },
  )

  test('a recipient of a length that does not fit is malformed, though a held one would open [E-45] [E-90]', async () => {
    const envelope = await seal(on, 20)
    const u32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
    const fitting: [kind: number, start: number[], length: number][] = [
      [1, [...Array(16).fill(1), ...u32(1)], 60],
      [2, [...Array(16).fill(0), 1, ...u32(600_000)], 61],
      [2, [...Array(16).fill(0), 2, 17, 8, 1], 60],
      [2, [...Array(16).fill(0), 3, ...u32(65_536), ...u32(3), 4], 66],
      [3, [...Array(16).fill(0), 0x00, 0x10], 66 + 65],
      [3, [...Array(16).fill(0), 0x00, 0x20], 66 + 32],
      [3, [...Array(16).fill(0), 0x64, 0x7a], 66 + 1120],
      [4, [], 56 + 256],
      [4, [], 56 + 384],
      [4, [], 56 + 512],
      [5, [1, 65, 0, 1, 66, 0, 3], 1 + 1 + 2 + 1 + 2 + 3 + 40],
    ]
    for (const [kind, start, length] of fitting) {
      for (const off of [-1, 0, 1]) {
        const bytes = new Uint8Array(length + off)
        bytes.set(start)
        const changed = withRecipients(envelope, (stanzas) => [...stanzas, { kind, bytes }])
        // With the length that fits it is only a recipient too many: the mac is another.
        expect(await refusal(changed, on), `kind ${kind}, ${length} ${off}`).toBe(
          off === 0 ? 'authentication-failed' : 'malformed',
        )
      }
    }
  })

  test('work over the limits is refused before anything is derived [E-55] [E-56] [E-70] [E-93]', async () => {
    const derived: string[] = []
    const counting = new Proxy(on.primitives, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        if (/pbkdf2|scrypt|argon2/i.test(String(name))) derived.push(String(name))
        return value.bind(target)
      },
    })
    const openers = [passwordOpener(Secret.fromPassword('secret'), { primitives: counting })]
    const stanza = (kdf: number, ...parameters: number[]): Stanza => {
      const bytes = new Uint8Array([0, 61, 60, 66][kdf]!)
      bytes.set([kdf, ...parameters], 16)
      return { kind: 2, bytes }
    }
    const u32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
    const cheap = stanza(1, ...u32(1))
    const over = [
      stanza(1, ...u32(10_000_001)),
      stanza(1, ...u32(0xffffffff)),
      stanza(2, 21, 8, 1),
      stanza(2, 17, 8, 17),
      stanza(2, 20, 8, 3),
      stanza(2, 63, 255, 255),
      stanza(3, ...u32(2 ** 20 + 1), ...u32(1), 1),
      stanza(3, ...u32(2 ** 20), ...u32(5), 1),
      stanza(3, ...u32(65_536), ...u32(3), 17),
      stanza(3, ...u32(0xffffffff), ...u32(0xffffffff), 255),
    ]
    const envelope = await seal(on, 20)
    for (const costly of over) {
      for (const stanzas of [[costly], [cheap, costly], [cheap, cheap, cheap, costly]]) {
        const changed = withRecipients(envelope, (keys) => [...keys, ...stanzas])
        expect(await refusal(changed, on, { openers }), `kdf ${costly.bytes.slice(16)}`).toBe('limit-exceeded')
      }
    }
    const impossible = [
      stanza(1, ...u32(0)),
      stanza(2, 128, 8, 1),
      stanza(2, 0, 8, 1),
      stanza(3, ...u32(31), ...u32(1), 4),
    ]
    for (const one of impossible) {
      expect(
        await refusal(
          withRecipients(envelope, () => [one]),
          on,
          { openers },
        ),
      ).toBe('malformed')
    }
    expect(derived).toEqual([])
    expect(
      await refusal(
        withRecipients(envelope, () => [cheap]),
        on,
        { openers },
      ),
    ).toBe('authentication-failed')
    expect(derived).toEqual(['pbkdf2'])
  })

  test('255 recipients open, to the last; 256 are refused', async () => {
    const fills = Array.from({ length: 255 }, (_, i) => i + 1)
    const envelope = await seal(on, 20, fills)
    for (const fill of [1, 128, 255])
      expect(await refusal(envelope, on, { openers: [opener(fill, on)] })).toBe('opened')
    await expect(seal(on, 20, [...fills, 256])).rejects.toMatchObject({ code: 'invalid-argument' })
    expect(await refusal(flipped(envelope, 7 * 8), on)).toBe('authentication-failed')
  })

  test('a header of 65,536 bytes opens, one of a byte more is malformed [E-44] [E-47] [E-90]', async () => {
    const padded = async (length: number, content = 0): Promise<Uint8Array> => {
      const padding = { kind: 0, wrap: async () => new Uint8Array(length).fill(content) }
      const recipients = [padding, keyRecipient(holder(2, on), on)]
      return sealEnvelope(bytesOf(20), { context, recipients, ...on })
    }
    const room = 65_536 - 8 - 3 - stanzaLength - 32
    const envelope = await padded(room)
    expect(parseHeader(envelope)).toHaveLength(65_536)
    expect(await refusal(envelope, on)).toBe('opened')
    expect(await refusal(await padded(room, 0xff), on)).toBe('opened')
    await expect(padded(room + 1)).rejects.toMatchObject({ code: 'invalid-argument' })
    const longer = withRecipients(envelope, ([padding, ...rest]) => [
      { kind: 0, bytes: new Uint8Array(padding!.bytes.length + 1) },
      ...rest,
    ])
    expect(await refusal(longer, on)).toBe('malformed')
  })

  test('contexts that break the rules are refused before the envelope is looked at [E-12] [E-13] [E-15] [E-17] [E-19]', async () => {
    class Twice extends Map<string, string> {
      override *[Symbol.iterator](): MapIterator<[string, string]> {
        yield ['a', '1']
        yield ['a', '1']
      }
    }
    const wrong: unknown[] = [
      {},
      { '': 'x' },
      { a: '\ud800' },
      { '\udc00': 'a' },
      { a: 'x'.repeat(65_529) },
      { a: 1 },
      new Twice(),
      new Map([['', 'x']]),
      {
        a: 'b',
        get c(): string {
          return '\ud800'
        },
      },
      Object.create({ inherited: 'x' }),
      undefined,
      null,
      'a',
    ]
    for (const one of wrong) {
      expect(await refusal(new Uint8Array(3), on, { context: one as Context })).toBe('invalid-context')
    }
    await expect(openEnvelope('text' as unknown as Uint8Array, { context, openers: [], ...on })).rejects.toMatchObject({
      code: 'invalid-argument',
    })
  })

  test('odd contexts that keep the rules are contexts like others [E-12] [E-17]', async () => {
    const odd: Context[] = [
      JSON.parse('{"__proto__":"a","constructor":"b"}') as Context,
      new Map([['__proto__', 'a']]),
      { a: '' },
      {
        get a(): string {
          return 'b'
        },
      },
      { a: 'x'.repeat(65_528) },
    ]
    for (const one of odd) {
      const envelope = await seal(on, 20, [2], one)
      expect(await refusal(envelope, on, { context: one })).toBe('opened')
      expect(await refusal(envelope, on, { context: noContext })).toBe('authentication-failed')
    }
  })

  test('of two faults the one of the earlier step is told [E-88] [E-89] [E-90] [E-91] [E-92] [E-93] [E-94]', async () => {
    const password = new Uint8Array(61)
    password.set([1, 255, 255, 255, 255], 16)
    const sealed = await sealEnvelope(bytesOf(20), {
      context,
      recipients: [keyRecipient(holder(2, on), on), { kind: 2, wrap: async () => password }],
      ...on,
    })
    expect(await refusal(sealed, on)).toBe('opened')
    const passwordOnly = passwordOpener(Secret.fromPassword('secret'), on)
    const at = (position: number, value: number) => (bytes: Uint8Array) => {
      bytes[position] = value
    }
    interface Fault {
      readonly code: string
      readonly change?: (bytes: Uint8Array) => void
      readonly options?: Partial<OpenOptions>
    }
    const faults: readonly Fault[] = [
      { code: 'invalid-context', options: { context: {} } },
      { code: 'unsupported', change: at(6, 1) },
      { code: 'malformed', change: (bytes) => bytes.fill(0, 8 + 3 + 16, 8 + 3 + 20) },
      { code: 'authentication-failed', options: { content: 3 } },
      { code: 'no-matching-key', options: { openers: [opener(9, on)] } },
      { code: 'limit-exceeded', options: { openers: [passwordOnly] } },
      { code: 'authentication-failed', change: at(sealed.length - 1, sealed.at(-1)! ^ 1) },
    ]
    for (const [i, first] of faults.entries()) {
      for (const second of faults.slice(i)) {
        const bytes = sealed.slice()
        second.change?.(bytes)
        first.change?.(bytes)
        const found = await refusal(bytes, on, { ...second.options, ...first.options })
        expect(found, `${first.code} and ${second.code}`).toBe(first.code)
      }
    }
  })

  test('everything of the last step has one message, whatever it was [E-94]', async () => {
    const envelope = await seal(on, 20)
    const messageOf = async (bytes: Uint8Array, options: Partial<OpenOptions> = {}): Promise<string> =>
      openEnvelope(bytes, { context, openers: [opener(2, on)], ...on, ...options }).then(
        () => 'opened',
        (error: Error) => error.message,
      )
    const messages = await Promise.all([
      messageOf(envelope, { context: { tenant: 'other' } }),
      messageOf(flipped(envelope, (8 + stanzaLength + 30) * 8)),
      messageOf(flipped(envelope, macAt * 8)),
      messageOf(flipped(envelope, (macAt + 32) * 8)),
      messageOf(flipped(envelope, (macAt + 32 + 24) * 8)),
      messageOf(flipped(envelope, envelope.length * 8 - 1)),
      messageOf(envelope.subarray(0, -1)),
      messageOf(envelope.subarray(0, macAt + 32)),
      messageOf(Buffer.concat([envelope, new Uint8Array(1)])),
    ])
    expect(new Set(messages).size).toBe(1)
    for (const secret of ['other', 'acme', toText(bytesOf(20))]) expect(messages[0]).not.toContain(secret)
  })
})

// The whole of it once, where it takes seconds: with the key derived once, as streams and ranges open.
test('natively, every single flipped bit of two chunks is authentication-failed [E-94]', generous, async () => {
  const on = backends[1]![1]
  const envelope = await seal(on, 16_384 + 20)
  const { startLength, cipher } = await beginOpening(envelope, { context, openers: [opener(2, on)], ...on })
  const chunks = envelope.slice(startLength)
  const target = new Uint8Array(16_384 + 20)
  for (let bit = 0; bit < chunks.length * 8; bit++) {
    const [at, mask] = [bit >> 3, 1 << (bit & 7)]
    chunks[at] = chunks[at]! ^ mask
    try {
      cipher.open(0, chunks, true, target)
      expect.fail(`bit ${bit} opens`)
    } catch (error) {
      if ((error as KmsError).code !== 'authentication-failed') throw error
    }
    chunks[at] = chunks[at]! ^ mask
  }
  expect(target.every((byte) => byte === 0)).toBe(true)
  expect(cipher.open(0, chunks, true, target)).toBe(16_384 + 20)
})
