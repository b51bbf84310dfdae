import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { createWasmKeySlots } from '../../src/crypto/wasm/index.ts'
import { fromText, inspect, sealEnvelope, textLength, toText } from '../../src/envelope.ts'
import { type AuditEvent, type EncryptionKey, type Kms, noContext } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts } from './memory-kms.ts'

const context = { table: 'users', column: 'email' }
const email = 'ada@example.org'

async function newKey(): Promise<{ kms: Kms; key: EncryptionKey }> {
  const { kms } = await newKms()
  await kms.keys.create('k')
  return { kms, key: await kms.use('k') }
}

describe('suites', () => {
  test('a handle, a call and a Kms each choose what seals, and everything opens everything', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('k')
    const chacha = await openKms(store, { suite: 2 })
    const handles = [
      await kms.use('k'),
      await kms.use('k', { purpose: 'encrypt', suite: 2 }),
      await chacha.use('k'),
      await chacha.use('k', { purpose: 'encrypt', suite: 1 }),
    ]
    const sealed = [
      ...handles.map((key) => key.seal(email, context)),
      ...handles.map((key) => key.bind(context).seal(email)),
      ...handles.map((key) => key.sealDeterministic(email, context)),
      await kms.encrypt(email, { key: 'k', context }),
      await kms.encrypt(email, { key: 'k', context, suite: 2 }),
      await chacha.encrypt(email, { key: 'k', context }),
      await chacha.encrypt(email, { key: 'k', context, suite: 2, deterministic: true }),
    ]
    const suites = sealed.map((envelope) => inspect(envelope).suite.id)
    expect(suites).toEqual([1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2, 2])
    for (const envelope of sealed) {
      const text = toText(envelope)
      for (const key of handles) {
        expect(key.openText(text, context)).toBe(email)
        expect(key.bind(context).openText(text)).toBe(email)
      }
      expect(await kms.decryptText(envelope, { key: 'k', context })).toBe(email)
    }
    expect(handles.map((key) => inspect(key.sealText('', context)).textPrefix)).toEqual(
      handles.map((key) => key.textPrefix),
    )
  })

  test('messages to recipients are sealed in the suite asked for', async () => {
    const { kms } = await newKms({ suite: 2 })
    await kms.keys.create('k')
    const to = await kms.recipient('k')
    const sealed = await kms.encrypt(email, { to, context })
    expect(inspect(sealed).suite.id).toBe(2)
    expect(inspect(await kms.encrypt(email, { to, context, suite: 1 })).suite.id).toBe(1)
    expect(await kms.decryptText(sealed, { context })).toBe(email)
  })

  test('another suite is refused where it is given', async () => {
    const { kms } = await newKey()
    const suite = 3 as 1
    expect(await codeOf(() => kms.use('k', { purpose: 'encrypt', suite }))).toBe('invalid-argument')
    expect(await codeOf(() => kms.encrypt('x', { key: 'k', context, suite }))).toBe('invalid-argument')
    expect(await codeOf(() => newKms({ suite }))).toBe('invalid-argument')
  })
})

describe('deterministic columns', () => {
  test('equal values are equal, and a row is found among others, also after rotating and changing the suite [E-33]', async () => {
    const { kms, key } = await newKey()
    const rows: string[] = []
    const insert = async (handle: EncryptionKey): Promise<void> => {
      for (const value of [email, 'grace@example.org', email]) rows.push(handle.sealDeterministicText(value, context))
    }
    await insert(key)
    expect(rows[0]).toBe(rows[2])
    expect(rows[0]).not.toBe(rows[1])
    expect(rows[0]).toHaveLength(textLength(email.length))
    expect(rows.every((row) => row.startsWith(key.deterministicTextPrefix))).toBe(true)
    expect(key.deterministicTextPrefix).not.toBe(key.textPrefix)
    await kms.keys.rotate('k')
    await insert(key)
    await insert(await kms.use('k', { purpose: 'encrypt', suite: 2 }))
    await kms.keys.retire('k', 1)
    await kms.keys.rotate('k')
    await insert(key)

    const wanted = await key.lookupDeterministic(email, context)
    expect(wanted).toHaveLength(6)
    expect(wanted[0]).toBe(key.sealDeterministicText(email, context))
    const found = rows.filter((row) => wanted.includes(row))
    expect(found).toHaveLength(8)
    for (const row of found) expect(key.openText(row, context)).toBe(email)
    expect(rows.filter((row) => !wanted.includes(row)).map((row) => key.openText(row, context))).toEqual(
      Array(4).fill('grace@example.org'),
    )
    expect(await key.lookupDeterministic(email, { ...context, column: 'other' })).not.toContain(wanted[0])
  })

  test('versions older than those a key is loaded with are looked up, too', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('k')
    const old = await kms.encryptText(email, { key: 'k', context, deterministic: true })
    const index = (await kms.use('k')).index(email, context)
    for (let i = 0; i < 65; i++) await kms.keys.rotate('k')
    const other = await (await openKms(store)).use('k')
    expect(await codeOf(() => other.openText(old, context))).toBe('version-not-loaded')
    const wanted = await other.lookupDeterministic(email, context)
    expect(wanted).toHaveLength(132)
    expect(wanted).toContain(old)
    expect(other.openText(old, context)).toBe(email)
    expect((await other.lookupIndex(email, context)).map(toText)).toContain(toText(index))
  }, 120_000)

  test('a disabled version finds nothing, and what it sealed does not open', async () => {
    const { kms, key } = await newKey()
    const old = key.sealDeterministicText(email, context)
    const index = toText(key.index(email, context))
    await kms.keys.rotate('k')
    await kms.keys.disable('k', 1)
    expect(await key.lookupDeterministic(email, context)).not.toContain(old)
    expect((await key.lookupIndex(email, context)).map(toText)).not.toContain(index)
    expect(await codeOf(() => key.openText(old, context))).toBe('key-disabled')
  })

  test('a column that is deterministic searches for its values, one that is not says so', async () => {
    const { kms, key } = await newKey()
    const born = key.column({ context, type: 'date', deterministic: true })
    const day = new Date('1815-12-10')
    const stored = born.encode(day)
    expect(born.encode(new Date('1815-12-10'))).toBe(stored)
    await kms.keys.rotate('k')
    expect(born.encode(day)).not.toBe(stored)
    expect(await born.lookup(day)).toContain(stored)
    expect(born.decode(stored)).toEqual(day)
    expect(await codeOf(() => born.lookup(new Date('x')))).toBe('invalid-argument')
    expect(await codeOf(() => key.column({ context }).lookup('x'))).toBe('invalid-argument')
    // A column that becomes deterministic still opens what it sealed before.
    const random = key.column({ context }).encode('x')
    expect(key.column({ context, deterministic: true }).decode(random)).toBe('x')
  })

  test('an envelope of another mode relabelled to this one does not open [E-23]', async () => {
    const { key } = await newKey()
    for (const seal of [key.seal.bind(key), key.sealDeterministic.bind(key)]) {
      const envelope = seal(email, context)
      envelope[5] = 1 - (envelope[5] as number)
      expect(await codeOf(() => key.open(envelope, context))).toBe('authentication-failed')
    }
  })
})

describe('blind indexes', () => {
  test('equal values have one index in a context and version, whatever the suite; lookups cover all versions [E-37] [E-96]', async () => {
    const { kms, key } = await newKey()
    const first = key.index(email, context)
    expect(first).toHaveLength(16)
    expect(toText(key.index(new TextEncoder().encode(email), context))).toBe(toText(first))
    expect(toText((await kms.use('k', { purpose: 'encrypt', suite: 2 })).index(email, context))).toBe(toText(first))
    expect(toText(key.index(email, { ...context, column: 'other' }))).not.toBe(toText(first))
    await kms.keys.rotate('k')
    expect(toText(key.index(email, context))).not.toBe(toText(first))
    const wanted = (await key.lookupIndex(email, context, { length: 16 })).map(toText)
    expect(wanted).toEqual([key.index(email, context), first].map(toText))
    expect(await codeOf(() => key.index(email, context, { length: 7 }))).toBe('invalid-argument')
    expect(await codeOf(() => key.lookupIndex(email, context, { length: 33 }))).toBe('invalid-argument')
  })

  test('no index is part of an envelope of the same value', async () => {
    const { key } = await newKey()
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const index = Buffer.from(key.index(value, noContext, { length: 8 }))
        expect(Buffer.from(key.sealDeterministic(value, noContext)).includes(index)).toBe(false)
      }),
    )
  })
})

describe('uses', () => {
  test('are told to the audit listener, by operation and version', async () => {
    const events: AuditEvent[] = []
    const { kms } = await newKms({ onAudit: (event) => events.push(event) })
    await kms.keys.create('k')
    const key = await kms.use('k')
    events.length = 0
    const stored = key.sealDeterministicText(email, context)
    key.index(email, context)
    await key.lookupIndex(email, context)
    key.openText(stored, context)
    await codeOf(() => key.index(email, context, { length: 1 }))
    expect(events.map(({ operation, outcome, version }) => [operation, outcome, version])).toEqual([
      ['encrypt', 'ok', '1'],
      ['index', 'ok', '1'],
      ['search', 'ok', '1'],
      ['decrypt', 'ok', '1'],
      ['index', 'invalid-argument', '1'],
    ])
    expect(JSON.stringify(events)).not.toContain(email)
  })

  test('a released handle and a closed Kms search nothing; a look-up renews a lease that ended', async () => {
    let now = 0
    const { kms } = await newKms({ monotonic: () => now })
    await kms.keys.create('k')
    const key = await kms.use('k')
    now += 40_000
    expect(await codeOf(() => key.sealDeterministic(email, context))).toBe('lease-expired')
    expect(await codeOf(() => key.index(email, context))).toBe('lease-expired')
    expect(await key.lookupIndex(email, context)).toHaveLength(1)
    key.release()
    expect(await codeOf(() => key.lookupDeterministic(email, context))).toBe('closed')
    const other = await kms.use('k')
    await kms.close()
    expect(await codeOf(() => other.lookupIndex(email, context))).toBe('closed')
  })

  test('ranges are not begun by a lease that ended, or a handle that was released, while the version was loaded', async () => {
    let now = 0
    const { kms } = await newKms({ monotonic: () => now })
    await kms.keys.create('k')
    const [key, other] = [await kms.use('k'), await kms.use('k')]
    const envelope = key.seal(email, context)
    const late = key.beginOpening(envelope, context)
    now += 40_000
    expect(await codeOf(() => late)).toBe('lease-expired')
    const released = key.beginOpening(envelope, context)
    key.release()
    expect(await codeOf(() => released)).toBe('closed')
    const { cipher } = await other.beginOpening(envelope, context)
    cipher.wipe()
    await kms.close()
  })

  test('a context that breaks its rules is named before the envelope is looked at [E-88]', async () => {
    const { kms, key } = await newKey()
    const wrong = new Uint8Array(3)
    expect(await codeOf(() => key.open(wrong, {}))).toBe('invalid-context')
    expect(await codeOf(() => kms.decrypt(wrong, { key: 'k', context: {} }))).toBe('invalid-context')
    expect(await codeOf(() => key.sealDeterministic(email, {}))).toBe('invalid-context')
    expect(await codeOf(() => key.lookupDeterministic(email, {}))).toBe('invalid-context')
  })
})

describe('random bytes that repeat', () => {
  test('repeat no salt of what is hedged: stored key material, messages, and records that ask for it [E-40]', async () => {
    const { kms, store } = await newKms({ slots: createWasmKeySlots({ randomFill: (bytes) => bytes.fill(7) }) })
    await kms.keys.create('k')
    const plain = await kms.use('k')
    const hedged = await kms.use('k', { purpose: 'encrypt', hedged: true })
    const spy = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
      if (array instanceof Uint8Array) array.fill(7)
      return array
    })
    try {
      const salts = (envelopes: readonly Uint8Array[], at = 27): number =>
        new Set(envelopes.map((envelope) => toText(envelope.subarray(at, at + 24)))).size
      const values = ['a', 'b', 'c']
      expect(salts(values.map((value) => plain.seal(value, context)))).toBe(1)
      expect(salts(values.map((value) => hedged.seal(value, context)))).toBe(3)
      expect(salts(values.map((value) => hedged.bind(context).seal(value)))).toBe(3)
      const calls = values.map((value) => kms.encrypt(value, { key: 'k', context, hedged: true }))
      expect(salts(await Promise.all(calls))).toBe(3)
      const [to, { primitives, slots }] = [await kms.recipient('k'), parts(undefined as never)]
      const messages = values.map((value) =>
        sealEnvelope(new TextEncoder().encode(value), { context, recipients: [to], primitives, slots }),
      )
      expect(salts(await Promise.all(messages), 7 + 1 + 63 + 32)).toBe(3)
      await kms.keys.rotate('k')
      await kms.keys.rotate('k')
      const records = await store.list('administered', '', '', 1_000)
      const stored = records.flatMap(({ bytes }) =>
        [
          ...Buffer.from(bytes)
            .toString('latin1')
            .matchAll(/"material":"([^"]+)"/g),
        ].map(([, text]) => fromText(text as string)),
      )
      expect(stored).toHaveLength(3)
      expect(salts(stored)).toBe(3)
    } finally {
      spy.mockRestore()
    }
    const both = { key: 'k', context, hedged: true, deterministic: true }
    expect(await codeOf(() => kms.encrypt('x', both))).toBe('invalid-argument')
  })
})
