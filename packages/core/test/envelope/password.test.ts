import { expect, test, vi } from 'vitest'
import {
  encodeRecipients,
  encryptedLength,
  inspect,
  openEnvelope,
  type PasswordKdf,
  parseHeader,
  passwordOpener,
  passwordRecipient,
  type RecipientsHeader,
  recipientLengths,
  sealEnvelope,
} from '../../src/envelope.ts'
import { type DerivationOptions, type Primitives, passwordRoot, Secret } from '../../src/index.ts'
import { primitives, slots } from './backend.ts'

// A derivation takes a tenth of a second here, and several on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const context = { tenant: 'acme' }
const message = Buffer.from('attack at dawn')
const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const password = Secret.fromPassword('correct horse battery staple')
/** The least that writers write, so that the tests are quick. */
const leastKdfs = [
  { name: 'argon2id', memoryKiB: 19_456, passes: 2, lanes: 1 },
  { name: 'scrypt' },
  { name: 'pbkdf2' },
] as const satisfies readonly PasswordKdf[]
const lengths = {
  argon2id: recipientLengths.passwordArgon2id,
  scrypt: recipientLengths.passwordScrypt,
  pbkdf2: recipientLengths.passwordPbkdf2,
}

const seal = (kdf: PasswordKdf, options: DerivationOptions = {}): Promise<Uint8Array> =>
  sealEnvelope(message, {
    context,
    recipients: [passwordRecipient(password, { primitives, kdf, ...options })],
    primitives,
    slots,
  })
const open = (envelope: Uint8Array, given = password, on: Primitives = primitives, limits = {}): Promise<Uint8Array> =>
  openEnvelope(envelope, { context, openers: [passwordOpener(given, { primitives: on })], primitives, slots, limits })

test.each(leastKdfs)('a password stretched with $name opens, another does not [E-50] [E-52]', async (kdf) => {
  const envelope = await seal(kdf)
  expect(envelope).toHaveLength(encryptedLength(message.length, [lengths[kdf.name]]))
  expect(Buffer.from(await open(envelope))).toEqual(message)
  await expect(open(envelope, Secret.fromPassword('Correct horse battery staple'))).rejects.toThrow(
    code('authentication-failed'),
  )
  const stranger = {
    context: { tenant: 'other' },
    openers: [passwordOpener(password, { primitives })],
    primitives,
    slots,
  }
  await expect(openEnvelope(envelope, stranger)).rejects.toThrow(code('authentication-failed'))
})

test('unless told otherwise a password is stretched with Argon2id, 64 MiB, 3 passes, 4 lanes [E-53]', async () => {
  for (const recipient of [
    passwordRecipient(password, { primitives }),
    passwordRoot('x'.repeat(20)).recipient(primitives),
  ]) {
    const envelope = await sealEnvelope(message, { context, recipients: [recipient], primitives, slots })
    expect(inspect(envelope).recipients).toMatchObject([
      { kdf: { name: 'Argon2id', memory: 65_536, passes: 3, lanes: 4 }, withinLimits: true },
    ])
  }
})

test.each<[string, PasswordKdf]>([
  ['Argon2id under 19 MiB', { name: 'argon2id', memoryKiB: 19_455 }],
  ['Argon2id of 1 pass', { name: 'argon2id', passes: 1 }],
  ['Argon2id without lanes', { name: 'argon2id', lanes: 0 }],
  ['Argon2id of 17 lanes', { name: 'argon2id', lanes: 17 }],
  ['Argon2id over 1 GiB', { name: 'argon2id', memoryKiB: 2 ** 20 + 1 }],
  ['Argon2id over 4 GiB in all passes', { name: 'argon2id', memoryKiB: 2 ** 20, passes: 5 }],
  ['Argon2id of half a pass', { name: 'argon2id', passes: 2.5 }],
  ['scrypt of log2 N 16', { name: 'scrypt', log2N: 16 }],
  ['scrypt of r 7', { name: 'scrypt', r: 7 }],
  ['scrypt of p 0', { name: 'scrypt', p: 0 }],
  ['scrypt of p 17', { name: 'scrypt', p: 17 }],
  ['scrypt over 1 GiB', { name: 'scrypt', log2N: 21 }],
  ['scrypt over 2^24 blocks', { name: 'scrypt', log2N: 20, p: 3 }],
  ['PBKDF2 of 599,999 iterations', { name: 'pbkdf2', iterations: 599_999 }],
  ['PBKDF2 of 10,000,001 iterations', { name: 'pbkdf2', iterations: 10_000_001 }],
  ['PBKDF2 of half an iteration', { name: 'pbkdf2', iterations: 600_000.5 }],
  ['bcrypt', { name: 'bcrypt' } as never],
])('writers refuse %s [E-54]', (_, kdf) => {
  expect(() => passwordRecipient(password, { primitives, kdf })).toThrow(code('invalid-argument'))
  expect(() => passwordRoot('x'.repeat(20), { kdf })).toThrow(code('invalid-argument'))
})

test('what one of the first four asks for over the limits is refused before any of them is derived [E-55] [E-70]', async () => {
  const derive = vi.fn(async () => new Uint8Array(32))
  const counted: Primitives = Object.assign(Object.create(primitives), {
    pbkdf2: derive,
    scrypt: derive,
    argon2id: derive,
  })
  const envelope = await seal(leastKdfs[0])
  const header = parseHeader(envelope) as RecipientsHeader
  const over: readonly (readonly [string, number[], number])[] = [
    ['pbkdf2Iterations', [1, 0, 152, 150, 129], 61],
    ['scryptMemory', [2, 21, 8, 1], 60],
    ['scryptP', [2, 15, 1, 17], 60],
    ['scryptWork', [2, 20, 8, 3], 60],
    ['argon2Memory', [3, 0, 16, 0, 1, 0, 0, 0, 1, 1], 66],
    ['argon2Work', [3, 0, 16, 0, 0, 0, 0, 0, 5, 1], 66],
    ['argon2Lanes', [3, 0, 1, 0, 0, 0, 0, 0, 2, 17], 66],
  ]
  for (const [limit, kdf, length] of over) {
    const bytes = new Uint8Array(length)
    bytes.set(kdf, 16)
    const first = header.recipients[0] as { kind: number; bytes: Uint8Array }
    const changed = Buffer.concat([
      encodeRecipients(header, [first, first, first, { kind: 2, bytes }]),
      header.mac,
      envelope.subarray(header.length),
    ])
    const todo = limit === 'pbkdf2Iterations' ? 'Raise the limit pbkdf2Iterations' : 'No limit helps'
    await expect(open(changed, password, counted), limit).rejects.toThrow(todo)
    await expect(open(changed, password, counted), limit).rejects.toThrow(new RegExp(limit))
    await expect(open(changed, password, counted), limit).rejects.toThrow(code('limit-exceeded'))
  }
  expect(derive).not.toHaveBeenCalled()
  await expect(open(envelope, password, counted, { argon2Memory: 19_455 })).rejects.toThrow(code('limit-exceeded'))
  await expect(open(envelope, password, counted, { argon2Memory: 19_455 })).rejects.toThrow(
    'Raise the limit argon2Memory',
  )
  expect(derive).not.toHaveBeenCalled()
})

test('limits raised over what can be done here are limit-exceeded, too', async () => {
  const envelope = await seal(leastKdfs[0])
  const header = parseHeader(envelope) as RecipientsHeader
  const bytes = new Uint8Array(66)
  bytes.set([3, 0, 32, 0, 0, 0, 0, 0, 2, 1], 16)
  const changed = Buffer.concat([
    encodeRecipients(header, [{ kind: 2, bytes }]),
    header.mac,
    envelope.subarray(header.length),
  ])
  const limits = { argon2Memory: 2 ** 30, argon2Work: 2 ** 32 }
  await expect(open(changed, password, primitives, limits)).rejects.toThrow(code('limit-exceeded'))
})

test.each(leastKdfs)('$name reports progress that ends at 1, and is cancelled by its signal', async (kdf) => {
  const seen: number[] = []
  const envelope = await seal(kdf, { onProgress: (done) => seen.push(done) })
  expect(seen.at(-1)).toBe(1)
  const signal = AbortSignal.abort()
  await expect(seal(kdf, { signal })).rejects.toThrow(code('aborted'))
  const openers = [passwordOpener(password, { primitives, signal })]
  await expect(openEnvelope(envelope, { context, openers, primitives, slots })).rejects.toThrow(code('aborted'))
})

test('passwords with different kdfs open one envelope, each alone', async () => {
  const passwords = ['one', 'two', 'three'].map((text) => Secret.fromPassword(text))
  const recipients = passwords.map((one, i) => passwordRecipient(one, { primitives, kdf: leastKdfs[i] as PasswordKdf }))
  const envelope = await sealEnvelope(message, { context, recipients, primitives, slots })
  for (const one of passwords) expect(Buffer.from(await open(envelope, one))).toEqual(message)
})
