import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import {
  beginOpening,
  beginSealing,
  type Context,
  encodeRecipients,
  encryptedLength,
  keyOpener,
  keyRecipient,
  longestStart,
  MessageOpener,
  MessageSealer,
  type Opener,
  openEnvelope,
  parseHeader,
  passwordOpener,
  passwordRecipient,
  type Recipient,
  type RecipientsHeader,
  recipientLengths,
  rootKeyHolder,
  type SealOptions,
  sealEnvelope,
} from '../../src/envelope.ts'
import { KmsError, Secret } from '../../src/index.ts'
import { primitives, slots } from './backend.ts'

const context = { tenant: 'acme' }
const holder = (fill: number): ReturnType<typeof rootKeyHolder> =>
  rootKeyHolder(Secret.take(new Uint8Array(32).fill(fill)), primitives)
const recipient = (fill: number): Recipient => keyRecipient(holder(fill), { primitives })
const opener = (fill: number): Opener => keyOpener(holder(fill), { primitives })
const message = Buffer.from('attack at dawn')
const code = (expected: string): unknown => expect.objectContaining({ code: expected })

const seal = (
  recipients: readonly Recipient[],
  options: Partial<SealOptions> = {},
  plaintext: Uint8Array = message,
): Promise<Uint8Array> => sealEnvelope(plaintext, { context, recipients, primitives, slots, ...options })

const open = (
  envelope: Uint8Array,
  openers: readonly Opener[],
  options: { context?: Context; content?: 0 | 3; limits?: { pbkdf2Iterations: number } } = {},
): Promise<Buffer> =>
  openEnvelope(envelope, { context, openers, primitives, slots, ...options }).then((plaintext) =>
    Buffer.from(plaintext),
  )

/** An envelope whose recipients were changed after the fact, its mac left as it was. */
function withRecipients(
  envelope: Uint8Array,
  change: (recipients: RecipientsHeader['recipients']) => { kind: number; bytes: Uint8Array }[],
): Uint8Array {
  const header = parseHeader(envelope) as RecipientsHeader
  return Buffer.concat([
    encodeRecipients(header, change(header.recipients)),
    header.mac,
    envelope.subarray(header.length),
  ])
}

test('any one recipient opens alone, and an envelope has the length that is promised', async () => {
  const envelope = await seal([recipient(1), recipient(2), recipient(3)])
  expect(envelope).toHaveLength(encryptedLength(message.length, Array(3).fill(recipientLengths.key)))
  for (const fill of [1, 2, 3]) expect(await open(envelope, [opener(fill)])).toEqual(message)
  await expect(open(envelope, [opener(4)])).rejects.toThrow(code('no-matching-key'))
  await expect(open(envelope, [])).rejects.toMatchObject({ code: 'no-matching-key', keyIds: { length: 3 } })
})

test('whatever is sealed opens', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 40_000 }),
      fc.constantFrom(0, 2, 3, 4, 6),
      async (plaintext, content) => {
        const options = { content: content as 0 }
        const envelope = await seal([recipient(1)], options, plaintext)
        expect(Buffer.compare(await open(envelope, [opener(1)], options), plaintext)).toBe(0)
      },
    ),
    { numRuns: 30 },
  )
})

test('every single flipped bit, and every truncation, is refused', async () => {
  const envelope = await seal([recipient(1)], {}, Buffer.from('x'))
  for (let bit = 0; bit < envelope.length * 8; bit++) {
    const changed = envelope.slice()
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
    await expect(open(changed, [opener(1)])).rejects.toThrow(KmsError)
  }
  for (let length = 0; length < envelope.length; length++) {
    await expect(open(envelope.subarray(0, length), [opener(1)])).rejects.toThrow(KmsError)
  }
})

test('a password opens what was sealed to it, another does not', async () => {
  const envelope = await seal([passwordRecipient(Secret.fromPassword('pässwörd 🔑'), { primitives })])
  expect(
    await open(envelope, [passwordOpener(Secret.fromPassword('pässwörd 🔑'.normalize('NFD')), { primitives })]),
  ).toEqual(message)
  await expect(open(envelope, [passwordOpener(Secret.fromPassword('password'), { primitives })])).rejects.toThrow(
    code('authentication-failed'),
  )
  await expect(open(envelope, [opener(1)])).rejects.toThrow(/password/)
})

test('a held key is used before any password, which then is never derived [E-69]', async () => {
  const password = Secret.fromPassword('secret')
  const envelope = await seal([passwordRecipient(password, { primitives, kdf: 'pbkdf2' }), recipient(1)])
  const derive = vi.fn(primitives.pbkdf2)
  const counted = passwordOpener(password, { primitives: Object.assign(Object.create(primitives), { pbkdf2: derive }) })
  expect(await open(envelope, [counted, opener(1)])).toEqual(message)
  expect(derive).not.toHaveBeenCalled()
})

test('work over the limit is refused before anything is derived, in any of the first four password recipients [E-55] [E-70] [E-93]', async () => {
  const password = Secret.fromPassword('secret')
  const envelope = await seal([passwordRecipient(password, { primitives, kdf: 'pbkdf2' })])
  const derive = vi.fn(primitives.pbkdf2)
  const counted = passwordOpener(password, { primitives: Object.assign(Object.create(primitives), { pbkdf2: derive }) })
  await expect(open(envelope, [counted], { limits: { pbkdf2Iterations: 599_999 } })).rejects.toThrow(/pbkdf2Iterations/)
  const costly = new Uint8Array(61).fill(255)
  costly[16] = 1
  const second = withRecipients(envelope, (recipients) => [...recipients, { kind: 2, bytes: costly }])
  await expect(open(second, [counted])).rejects.toThrow(code('limit-exceeded'))
  expect(derive).not.toHaveBeenCalled()
  const modest = new Uint8Array(61)
  modest.set([1, 0, 0, 0, 1], 16)
  const four = [1, 2, 3, 4].map(() => ({ kind: 2, bytes: modest }))
  const fifth = withRecipients(envelope, () => [...four, { kind: 2, bytes: costly }])
  await expect(open(fifth, [counted])).rejects.toThrow(code('authentication-failed'))
  expect(derive).toHaveBeenCalledTimes(4)
})

test('a held recipient that does not unwrap is an error, though another would [E-71]', async () => {
  const broken = withRecipients(await seal([recipient(1), recipient(2)]), ([first, second]) => {
    const bytes = Uint8Array.from(first?.bytes ?? [])
    bytes[59] = (bytes[59] as number) ^ 1
    return [
      { kind: 1, bytes },
      { kind: 1, bytes: second?.bytes ?? bytes },
    ]
  })
  await expect(open(broken, [opener(2), opener(1)])).rejects.toThrow(code('authentication-failed'))
})

test('a provider that gives no answer is passed over for the next that is held, and is the error when there is none [E-72]', async () => {
  const silent: Opener = {
    kind: 1,
    holds: (stanza) => opener(1).holds(stanza),
    unwrap: () => Promise.reject(new KmsError('root-unavailable', 'The provider gave no answer.')),
  }
  const envelope = await seal([recipient(1), recipient(2)])
  expect(await open(envelope, [silent, opener(2)])).toEqual(message)
  await expect(open(envelope, [silent])).rejects.toThrow(code('root-unavailable'))
})

test('a key that turns out not to be held is no reason not to try the password [E-70]', async () => {
  const stranger: Opener = {
    kind: 1,
    holds: () => true,
    unwrap: () => Promise.reject(new KmsError('key-not-found', 'There is no such key.')),
  }
  const password = Secret.fromPassword('secret')
  const envelope = await seal([recipient(1), passwordRecipient(password, { primitives, kdf: 'pbkdf2' })])
  expect(await open(envelope, [stranger, passwordOpener(password, { primitives })])).toEqual(message)
  await expect(open(envelope, [stranger])).rejects.toThrow(code('key-not-found'))
})

test('what an opener throws that is not about the envelope reaches the caller as it is', async () => {
  const aborted: Opener = {
    kind: 1,
    holds: () => true,
    unwrap: () => Promise.reject(new KmsError('aborted', 'Cancelled.')),
  }
  await expect(open(await seal([recipient(1)]), [aborted])).rejects.toThrow('Cancelled.')
})

test('a content key of another length than 32 bytes fails as a wrong key does [E-94]', async () => {
  const envelope = await seal([recipient(1)])
  for (const length of [0, 16, 31, 33]) {
    const odd: Opener = { kind: 1, holds: () => true, unwrap: async () => Secret.take(new Uint8Array(length)) }
    await expect(open(envelope, [odd])).rejects.toThrow(code('authentication-failed'))
  }
})

test('recipients cannot be added, removed, reordered or moved to another envelope [E-43]', async () => {
  const [envelope, another] = [await seal([recipient(1), recipient(2)]), await seal([recipient(1), recipient(2)])]
  const other = (parseHeader(another) as RecipientsHeader).recipients
  const changes: ((all: RecipientsHeader['recipients']) => { kind: number; bytes: Uint8Array }[])[] = [
    (all) => [...all, { kind: 0, bytes: new Uint8Array(4) }],
    (all) => all.slice(0, 1),
    (all) => [...all].reverse(),
    () => [...other],
  ]
  for (const change of changes) {
    await expect(open(withRecipients(envelope, change), [opener(1)])).rejects.toThrow(code('authentication-failed'))
  }
})

test('a co-recipient cannot move a recipient to a different context or content [E-42]', async () => {
  const envelope = await seal([recipient(1), recipient(2)])
  await expect(open(envelope, [opener(1)], { context: { tenant: 'b' } })).rejects.toThrow(code('authentication-failed'))
  await expect(open(envelope, [opener(1)], { content: 3 })).rejects.toThrow(/content 0 \(data\)/)
  const moved = envelope.slice()
  moved[4] = 3
  await expect(open(moved, [opener(1)], { content: 3 })).rejects.toThrow(code('authentication-failed'))
})

test('recipients of unknown kinds are passed over [E-74]', async () => {
  const unknown: Recipient = { kind: 99, wrap: async () => new Uint8Array(5) }
  const envelope = await seal([unknown, recipient(1)])
  expect(await open(envelope, [opener(1)])).toEqual(message)
})

test('writers refuse no recipient, too many of them and headers that are too long [E-54]', async () => {
  const password = Secret.fromPassword('secret')
  const five = Array.from({ length: 5 }, () => passwordRecipient(password, { primitives }))
  const large: Recipient = { kind: 99, wrap: async () => new Uint8Array(40_000) }
  for (const recipients of [[], Array<Recipient>(256).fill(recipient(1)), five, [large, large]]) {
    await expect(seal(recipients)).rejects.toThrow(code('invalid-argument'))
  }
  await expect(seal([recipient(1)], { content: 1 })).rejects.toThrow(code('invalid-argument'))
  await expect(seal([recipient(1)], { context: {} })).rejects.toThrow(code('invalid-context'))
})

test('piece by piece it is the same format, whatever the pieces', async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 8 })
  const length = fc.oneof(fc.nat(60_000), fc.constantFrom(0, 16_383, 16_384, 16_385, 32_768))
  await fc.assert(
    fc.asyncProperty(length, cuts, cuts, async (n, cutsIn, cutsOut) => {
      const plaintext = Uint8Array.from({ length: n }, (_, i) => (i * 31) % 256)
      const { start, cipher } = await beginSealing({ context, recipients: [recipient(1)], primitives, slots })
      const sealer = new MessageSealer(cipher)
      const envelope = Buffer.concat([
        start,
        ...pieces(plaintext, cutsIn).map((piece) => sealer.update(piece)),
        sealer.final(),
      ])
      expect(Buffer.compare(await open(envelope, [opener(1)]), plaintext)).toBe(0)
      const opening = await beginOpening(envelope.subarray(0, longestStart), {
        context,
        openers: [opener(1)],
        primitives,
        slots,
      })
      const body = pieces(envelope.subarray(opening.startLength), cutsOut)
      const message = new MessageOpener(opening.cipher)
      const opened = Buffer.concat([...body.map((piece) => message.update(piece)), message.final()])
      expect(Buffer.compare(opened, plaintext)).toBe(0)
    }),
    { numRuns: 40 },
  )
})

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const all: Uint8Array[] = []
  let at = 0
  for (const cut of cuts) {
    all.push(bytes.subarray(at, at + cut))
    at += cut
  }
  return [...all, bytes.subarray(at)]
}

test('a stream that ends early, goes on too long or was changed ends in an error, and releases nothing unchecked [E-95]', async () => {
  const plaintext = Buffer.alloc(40_000, 'x')
  const envelope = await seal([recipient(1)], {}, plaintext)
  const options = { context, openers: [opener(1)], primitives, slots }
  const start = async (): Promise<{ startLength: number; opener: MessageOpener }> => {
    const { startLength, cipher } = await beginOpening(envelope.subarray(0, longestStart), options)
    return { startLength, opener: new MessageOpener(cipher) }
  }
  const failed = code('authentication-failed')

  const cut = await start()
  const body = envelope.subarray(cut.startLength)
  expect(cut.opener.update(body.subarray(0, 32_800))).toHaveLength(32_768)
  expect(() => cut.opener.final()).toThrow(failed)
  expect(() => cut.opener.final()).toThrow(code('closed'))

  const long = await start()
  long.opener.update(body)
  long.opener.update(Buffer.alloc(1))
  expect(() => long.opener.final()).toThrow(failed)

  const changed = await start()
  const bad = Uint8Array.from(body)
  bad[20_000] = (bad[20_000] as number) ^ 1
  expect(() => changed.opener.update(bad)).toThrow(failed)
  expect(() => changed.opener.update(body)).toThrow(code('closed'))

  await expect(beginOpening(envelope.subarray(0, 150), options)).rejects.toThrow(failed)
})

test('the longest context binds keys and passwords as any other does', async () => {
  const longest = { a: 'x'.repeat(65_528) }
  const password = Secret.fromPassword('secret')
  const envelope = await seal([passwordRecipient(password, { primitives }), recipient(1)], { context: longest })
  expect(await open(envelope, [opener(1)], { context: longest })).toEqual(message)
  expect(await open(envelope, [passwordOpener(password, { primitives })], { context: longest })).toEqual(message)
  const shorter = { a: 'x'.repeat(65_527) }
  await expect(open(envelope, [opener(1)], { context: shorter })).rejects.toThrow(code('authentication-failed'))
})

test('of chunks that are opened together, none stays where they were opened to if one of them fails [E-95]', async () => {
  const plaintext = new Uint8Array(3 * 16_384).fill(0x61)
  const envelope = await seal([recipient(1)], {}, plaintext)
  const options = { context, openers: [opener(1)], primitives, slots }
  const { startLength, cipher } = await beginOpening(envelope, options)
  const sealed = envelope.slice(startLength, startLength + 3 * 16_400)
  sealed[2 * 16_400 + 5] = (sealed[2 * 16_400 + 5] as number) ^ 1
  const target = new Uint8Array(3 * 16_384)
  expect(() => cipher.open(0, sealed, false, target)).toThrow(code('authentication-failed') as Error)
  expect(target.every((byte) => byte === 0)).toBe(true)
  expect(cipher.open(0, envelope.subarray(startLength, startLength + 3 * 16_400), false, target)).toBe(3 * 16_384)
  cipher.wipe()
})
