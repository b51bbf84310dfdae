import { constants, createHash, createPrivateKey, privateDecrypt } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import {
  encodeRecipients,
  encryptedLength,
  externalOpener,
  externalRecipient,
  generateRecipientKeyPair,
  hpkeOpener,
  inspect,
  type KeyPairType,
  keyOpener,
  keyPairOpener,
  keyRecipient,
  openEnvelope,
  parseHeader,
  passwordOpener,
  passwordRecipient,
  publicKeyRecipient,
  type RecipientKeyPair,
  type RecipientsHeader,
  recipientLengths,
  rootKeyHolder,
  rsaOaepOpener,
  type Stanza,
  sealEnvelope,
} from '../../src/envelope.ts'
import { type Opener, type Recipient, Secret } from '../../src/index.ts'
import { memoryProvider } from '../../src/testing/index.ts'
import { primitives, slots } from './backend.ts'

// Pairs of 4,096 bits take seconds to make on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const context = { tenant: 'acme' }
const message = Buffer.from('attack at dawn')
const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const seal = (recipients: readonly Recipient[]): Promise<Uint8Array> =>
  sealEnvelope(message, { context, recipients, primitives, slots })
const open = (envelope: Uint8Array, openers: readonly Opener[], of = context): Promise<Uint8Array> =>
  openEnvelope(envelope, { context: of, openers, primitives, slots })
const to = ({ publicKey }: RecipientKeyPair): Recipient => publicKeyRecipient(publicKey, { primitives })
const by = (pair: RecipientKeyPair): Opener => keyPairOpener(pair, { primitives })
const holder = rootKeyHolder(Secret.take(new Uint8Array(32).fill(1)), primitives)

/** The same envelope with other recipients, its mac left as it was. */
function withRecipients(
  envelope: Uint8Array,
  change: (recipients: readonly Stanza[]) => readonly Stanza[],
): Uint8Array {
  const header = parseHeader(envelope) as RecipientsHeader
  const recipients = encodeRecipients(header, change(header.recipients))
  return Buffer.concat([recipients, header.mac, envelope.subarray(header.length)])
}

const types: readonly (readonly [KeyPairType, number, object])[] = [
  [{ kem: 'P-256' }, recipientLengths.hpkeP256, { kem: { id: 0x10, name: 'P-256' } }],
  [{ kem: 'X25519' }, recipientLengths.hpkeX25519, { kem: { id: 0x20, name: 'X25519' } }],
  [{ kem: 'X-Wing' }, recipientLengths.hpkeXWing, { kem: { id: 0x647a, name: 'X-Wing' } }],
  [{ rsa: 2048 }, recipientLengths.rsaOaep2048, { bits: 2048 }],
  [{ rsa: 3072 }, recipientLengths.rsaOaep3072, { bits: 3072 }],
  [{ rsa: 4096 }, recipientLengths.rsaOaep4096, { bits: 4096 }],
]

describe.each(types)('a key pair of %j', (type, length, inspected) => {
  const made = generateRecipientKeyPair(type)

  test('opens what is sealed to its public key; another, and another context, do not [E-57] [E-59] [E-60] [E-62]', async () => {
    const pair = await made
    const envelope = await seal([to(pair)])
    expect(envelope).toHaveLength(encryptedLength(message.length, [length]))
    const [recipient] = inspect(envelope).recipients ?? []
    expect(recipient).toMatchObject(inspected)
    expect(recipient?.keyId?.replaceAll('-', '')).toBe(Buffer.from(pair.publicKey.fingerprint).toString('hex'))
    expect(Buffer.from(await open(envelope, [by(pair)]))).toEqual(message)
    await expect(open(envelope, [by(pair)], { tenant: 'other' })).rejects.toThrow(code('authentication-failed'))
    if ('rsa' in type && type.rsa > 2048) return
    const other = await generateRecipientKeyPair(type)
    await expect(open(envelope, [by(other)])).rejects.toMatchObject({ code: 'no-matching-key', keyIds: { length: 1 } })
  })

  test('does not open what was changed: each byte of its recipient matters', async () => {
    const pair = await made
    const envelope = await seal([to(pair)])
    const step = type === types[2]?.[0] || 'rsa' in type ? 37 : 5
    for (let at = 0; at < length - 3; at += step) {
      const changed = withRecipients(envelope, ([stanza]) => {
        const bytes = (stanza as Stanza).bytes.slice()
        bytes[at] = (bytes[at] as number) ^ 1
        return [{ kind: (stanza as Stanza).kind, bytes }]
      })
      const expected = at < 16 || ('kem' in type && at < 18) ? 'no-matching-key' : 'authentication-failed'
      await expect(open(changed, [by(pair)]), `byte ${at}`).rejects.toThrow(code(expected))
    }
  })

  test('cannot be moved into another envelope or context by a co-recipient [E-42]', async () => {
    const pair = await made
    const [mine, theirs] = [
      await seal([to(pair)]),
      await sealEnvelope(message, { context: { tenant: 'other' }, recipients: [to(pair)], primitives, slots }),
    ]
    const moved = withRecipients(theirs, () => (parseHeader(mine) as RecipientsHeader).recipients)
    await expect(open(moved, [by(pair)], { tenant: 'other' })).rejects.toThrow(code('authentication-failed'))
  })
})

test('two envelopes to one key have nothing in common but its fingerprint [E-63]', async () => {
  for (const type of [{ kem: 'X25519' }, { rsa: 2048 }] as const) {
    const pair = await generateRecipientKeyPair(type)
    const recipient = to(pair)
    const bytes = [await seal([recipient]), await seal([recipient])].map(
      (envelope) => ((parseHeader(envelope) as RecipientsHeader).recipients[0] as Stanza).bytes,
    ) as [Uint8Array, Uint8Array]
    const same = bytes[0].filter((byte, i) => i >= 18 && byte === bytes[1][i]).length
    expect(same).toBeLessThan((bytes[0].length - 18) / 8)
  }
})

test('RSA-OAEP is what OpenSSL decrypts: SHA-256 twice, no label, a Z of 32 bytes [E-60] [E-61]', async () => {
  const pair = await generateRecipientKeyPair({ rsa: 2048 })
  const { recipients } = parseHeader(await seal([to(pair)])) as RecipientsHeader
  const pkcs8 = createPrivateKey({ key: Buffer.from(pair.privateKey.reveal()), format: 'der', type: 'pkcs8' })
  const options = { key: pkcs8, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }
  const z = privateDecrypt(options, (recipients[0] as Stanza).bytes.subarray(16, -40))
  expect(z).toHaveLength(32)
  const spki = createHash('sha256').update(pair.publicKey.bytes).digest().subarray(0, 16)
  expect(Buffer.from((recipients[0] as Stanza).bytes.subarray(0, 16))).toEqual(spki)
})

test('where OAEP fails the same steps follow, under a random Z: the wrapped key is always tried [E-64]', async () => {
  const pair = await generateRecipientKeyPair({ rsa: 2048 })
  const envelope = await seal([to(pair)])
  const unwrap = vi.fn(primitives.keyUnwrap)
  const watched = keyPairOpener(pair, {
    primitives: Object.assign(Object.create(primitives), { keyUnwrap: unwrap }),
  })
  const keks = new Set<string>()
  for (let i = 0; i < 3; i++) {
    const changed = withRecipients(envelope, ([stanza]) => {
      const bytes = (stanza as Stanza).bytes.slice()
      bytes[100] = (bytes[100] as number) ^ 1
      return [{ kind: 4, bytes }]
    })
    unwrap.mockImplementationOnce((kek, wrapped) => {
      keks.add(Buffer.from(kek).toString('hex'))
      return primitives.keyUnwrap(kek, wrapped)
    })
    await expect(open(changed, [watched])).rejects.toThrow(code('authentication-failed'))
  }
  expect(unwrap).toHaveBeenCalledTimes(3)
  expect(keks.size).toBe(3)
})

test('a pair is opened with by its own sort of opener', async () => {
  const hpke = await generateRecipientKeyPair({ kem: 'X25519' })
  const rsa = await generateRecipientKeyPair({ rsa: 2048 })
  expect(() => hpkeOpener(rsa, { primitives })).toThrow(code('invalid-argument'))
  expect(() => rsaOaepOpener(hpke, { primitives })).toThrow(code('invalid-argument'))
})

test('a wiped private key opens nothing', async () => {
  const pair = await generateRecipientKeyPair()
  const envelope = await seal([to(pair)])
  pair.privateKey.wipe()
  await expect(open(envelope, [by(pair)])).rejects.toThrow(code('closed'))
})

test('recipients of all kinds stand in one header, and each opens it alone', async () => {
  const provider = memoryProvider(['key'])
  const password = Secret.fromPassword('secret')
  const pairs = await Promise.all(
    ([{ kem: 'P-256' }, { kem: 'X25519' }, { kem: 'X-Wing' }, { rsa: 2048 }] as const).map((type) =>
      generateRecipientKeyPair(type),
    ),
  )
  const unknown: Recipient = { kind: 99, wrap: async () => new Uint8Array(5) }
  const envelope = await seal([
    unknown,
    keyRecipient(holder, { primitives }),
    ...pairs.map(to),
    externalRecipient(provider, 'key', { primitives }),
    passwordRecipient(password, { primitives, kdf: { name: 'argon2id', memoryKiB: 19_456, passes: 2, lanes: 1 } }),
  ])
  const openers = [
    keyOpener(holder, { primitives }),
    ...pairs.map(by),
    externalOpener(provider, 'key', { primitives }),
    passwordOpener(password, { primitives }),
  ]
  for (const opener of openers) expect(Buffer.from(await open(envelope, [opener]))).toEqual(message)
  expect(inspect(envelope).recipients?.map(({ name }) => name)).toEqual([
    'unknown',
    'key',
    'hpke',
    'hpke',
    'hpke',
    'rsa-oaep',
    'external',
    'password',
  ])
})

test('255 recipients, of which the last opens', async () => {
  const pair = await generateRecipientKeyPair({ kem: 'X25519' })
  const strangers = await Promise.all(Array.from({ length: 4 }, () => generateRecipientKeyPair({ kem: 'X25519' })))
  const many = Array.from({ length: 254 }, (_, i) => to(strangers[i % 4] as RecipientKeyPair))
  const envelope = await seal([...many, to(pair)])
  expect(envelope).toHaveLength(encryptedLength(message.length, Array(255).fill(recipientLengths.hpkeX25519)))
  expect(Buffer.from(await open(envelope, [by(pair)]))).toEqual(message)
})
