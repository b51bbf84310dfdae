import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeKeyHeader, encodeRecipients, inspect, parseHeader, type Stanza } from '../../src/envelope.ts'

const id = Uint8Array.from({ length: 16 }, (_, i) => i + 1)
const preamble = { suite: 1, content: 0, mode: 2 } as const
const zeros = (n: number): Uint8Array => new Uint8Array(n)
const u32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')]

function header(...recipients: Stanza[]): Uint8Array {
  return Buffer.concat([encodeRecipients(preamble, recipients), zeros(32)])
}

function code(bytes: Uint8Array): string {
  try {
    parseHeader(bytes)
    return 'accepted'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const keyRecipient = (version: number): Stanza => ({
  kind: 1,
  bytes: Buffer.concat([id, Buffer.from(u32(version)), zeros(40)]),
})
const password = (kdf: number, parameters: number[], extra = 0): Stanza => ({
  kind: 2,
  bytes: Buffer.concat([zeros(16), Buffer.from([kdf, ...parameters]), zeros(40 + extra)]),
})
const hpke = (kem: number, rest: number): Stanza => ({
  kind: 3,
  bytes: Buffer.concat([id, Buffer.from([kem >> 8, kem & 255]), zeros(rest)]),
})
const external = (provider: string, reference: string, blob: number, extra = 0): Stanza => ({
  kind: 5,
  bytes: Buffer.from([
    provider.length,
    ...ascii(provider),
    reference.length >> 8,
    reference.length & 255,
    ...ascii(reference),
    blob >> 8,
    blob & 255,
    ...zeros(blob + 40 + extra),
  ]),
})

describe('recipients that fit their kind [E-45]', () => {
  test.each<[string, Stanza]>([
    ['padding', { kind: 0, bytes: zeros(0) }],
    ['key', keyRecipient(0xffffffff)],
    ['PBKDF2', password(1, u32(1))],
    ['scrypt', password(2, [15, 1, 1])],
    ['Argon2id', password(3, [...u32(32), ...u32(1), 4])],
    ['an unknown kdf', { kind: 2, bytes: Buffer.concat([zeros(16), Buffer.from([99])]) }],
    ['hpke P-256', hpke(0x10, 65 + 48)],
    ['hpke X25519', hpke(0x20, 32 + 48)],
    ['hpke X-Wing', hpke(0x647a, 1120 + 48)],
    ['an unknown kem', hpke(0x999, 0)],
    ['rsa-oaep 2048', { kind: 4, bytes: zeros(56 + 256) }],
    ['rsa-oaep 4096', { kind: 4, bytes: zeros(56 + 512) }],
    ['external', external('vault', 'transit/keys/app', 50)],
    ['external with an empty blob', external('webcrypto', '~', 0)],
    ['an unknown kind', { kind: 200, bytes: Buffer.from('anything') }],
  ])('%s', (_name, recipient) => {
    const parsed = parseHeader(header({ kind: 250, bytes: zeros(3) }, recipient, keyRecipient(1)))
    if (parsed.mode !== 2) throw new Error('not to recipients')
    expect(parsed.recipients.map(({ kind }) => kind)).toEqual([250, recipient.kind, 1])
    expect(Buffer.from(parsed.recipients[1]?.bytes ?? [])).toEqual(Buffer.from(recipient.bytes))
  })
})

describe('recipients that do not fit their kind are malformed, also kinds that cannot be opened yet [E-45] [E-56] [E-67] [E-90]', () => {
  test.each<[string, Stanza]>([
    ['key, short', { kind: 1, bytes: keyRecipient(1).bytes.subarray(1) }],
    ['key, long', { kind: 1, bytes: Buffer.concat([keyRecipient(1).bytes, zeros(1)]) }],
    ['key, version 0', keyRecipient(0)],
    ['password, empty', { kind: 2, bytes: zeros(0) }],
    ['password of 16 bytes', { kind: 2, bytes: zeros(16) }],
    ['PBKDF2, a byte long', password(1, u32(1), 1)],
    ['PBKDF2, 0 iterations', password(1, u32(0))],
    ['scrypt, N 1', password(2, [0, 8, 1])],
    ['scrypt, r 0', password(2, [17, 0, 1])],
    ['scrypt, p 0', password(2, [17, 8, 0])],
    ['scrypt, N too large for r', password(2, [16, 1, 1])],
    ['Argon2id, no memory', password(3, [...u32(0), ...u32(1), 1])],
    ['Argon2id, no passes', password(3, [...u32(64), ...u32(0), 1])],
    ['Argon2id, no lanes', password(3, [...u32(64), ...u32(1), 0])],
    ['Argon2id, less than 8 KiB a lane', password(3, [...u32(31), ...u32(1), 4])],
    ['hpke X25519, short', hpke(0x20, 32 + 47)],
    ['hpke of 17 bytes', { kind: 3, bytes: zeros(17) }],
    ['rsa-oaep 1024', { kind: 4, bytes: zeros(56 + 128) }],
    ['external, empty', { kind: 5, bytes: zeros(0) }],
    ['external, empty provider', external('', 'x', 0)],
    ['external, empty reference', external('x', '', 0)],
    ['external, a space in the provider', external('a b', 'x', 0)],
    ['external, 7F in the reference', external('a', '\x7f', 0)],
    ['external, a byte more', external('a', 'b', 3, 1)],
    ['external, a byte fewer', external('a', 'b', 3, -1)],
    ['external, provider past the end', { kind: 5, bytes: Buffer.from([255, 65]) }],
  ])('%s', (_name, recipient) => {
    expect(code(header(keyRecipient(1), recipient))).toBe('malformed')
  })
})

test('refusals come in the order of the specification [E-4] [E-28] [E-89] [E-90]', () => {
  const good = encodeKeyHeader({ suite: 1, content: 0, mode: 0 }, id, 1)
  const changed = (...changes: [number, number][]): Uint8Array => {
    const bytes = good.slice()
    for (const [at, value] of changes) bytes[at] = value
    return bytes
  }
  expect(code(good)).toBe('accepted')
  expect(code(good.subarray(0, 6))).toBe('malformed')
  expect(() => parseHeader(changed([0, 1], [3, 9]))).toThrow(/do not start/)
  expect(() => parseHeader(changed([2, 0x36], [3, 9]))).toThrow(/version/)
  expect(() => parseHeader(changed([3, 9], [4, 9]))).toThrow(/suite 9/)
  expect(() => parseHeader(changed([4, 9], [5, 9]))).toThrow(/content 9/)
  expect(() => parseHeader(changed([5, 9], [6, 1]))).toThrow(/mode 9/)
  expect(() => parseHeader(changed([6, 1], [4, 3]))).toThrow(/flags 1/)
  expect(code(changed([6, 1], [26, 0]))).toBe('unsupported')
  expect(code(changed([4, 3]))).toBe('malformed')
  expect(code(changed([26, 0]))).toBe('malformed')
  expect(code(good.subarray(0, 26))).toBe('malformed')
})

test('each content is accepted in its own modes alone [E-5]', () => {
  const allowed = new Set(['0:0', '0:1', '0:2', '1:0', '2:2', '3:2', '4:2', '5:2', '6:2'])
  for (let content = 0; content < 7; content++) {
    for (let mode = 0; mode < 3; mode++) {
      const bytes = header(keyRecipient(1))
      bytes[4] = content
      bytes[5] = mode
      expect(code(bytes)).toBe(allowed.has(`${content}:${mode}`) ? 'accepted' : 'malformed')
    }
  }
})

test('a header has 1 to 255 recipients and 65,536 bytes at most [E-44]', () => {
  expect(code(Buffer.concat([encodeRecipients(preamble, []), zeros(100)]))).toBe('malformed')
  const many = Array.from({ length: 255 }, () => ({ kind: 77, bytes: zeros(2) }))
  expect(code(header(...many))).toBe('accepted')
  const padding = (bytes: number): Uint8Array =>
    header({ kind: 0, bytes: zeros(65_000) }, { kind: 0, bytes: zeros(bytes) })
  const room = 65_536 - 8 - 3 - 65_000 - 3 - 32
  expect(padding(room)).toHaveLength(65_536)
  expect(code(Buffer.concat([padding(room), zeros(200)]))).toBe('accepted')
  expect(code(Buffer.concat([padding(room + 1), zeros(200)]))).toBe('malformed')
})

test('every truncation of a header is malformed [E-90]', () => {
  const whole = header(keyRecipient(3), password(1, u32(600_000)), external('vault', 'k', 9), hpke(0x20, 80))
  for (let length = 0; length < whole.length; length++) expect(code(whole.subarray(0, length))).toBe('malformed')
})

test('whatever the bytes, a header is parsed, malformed or unsupported; what is parsed is what was written', () => {
  const stanza = fc.record({ kind: fc.integer({ min: 0, max: 255 }), bytes: fc.uint8Array({ maxLength: 80 }) })
  const start = fc.constantFrom(
    [0x92, 0x6b, 0x35, 1, 0, 2, 0],
    [0x92, 0x6b, 0x35, 2, 3, 2, 0],
    [0x92, 0x6b, 0x35, 1, 0, 0, 0],
  )
  const noise = fc.tuple(start, fc.uint8Array({ maxLength: 400 })).map(([a, b]) => Uint8Array.from([...a, ...b]))
  const built = fc.array(stanza, { minLength: 1, maxLength: 5 }).map((all) => header(...all))
  const flipped = fc.tuple(built, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    const copy = Uint8Array.from(bytes)
    copy[at % copy.length] = value
    return copy
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), noise, built, flipped), (bytes) => {
      const result = code(bytes)
      expect(['accepted', 'malformed', 'unsupported']).toContain(result)
      if (result !== 'accepted') return
      const parsed = parseHeader(bytes)
      const again =
        parsed.mode === 2
          ? Buffer.concat([encodeRecipients(parsed, parsed.recipients), parsed.mac])
          : encodeKeyHeader(parsed, parsed.keyId, parsed.version)
      expect(Buffer.from(again)).toEqual(Buffer.from(bytes.subarray(0, parsed.length)))
      expect(JSON.parse(JSON.stringify(inspect(bytes)))).toEqual(inspect(bytes))
    }),
    { numRuns: 3000 },
  )
})
