import { pbkdf2Sync } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import {
  keyOpener,
  keyRecipient,
  openEnvelope,
  parseUuid,
  passwordOpener,
  prepareRecordKey,
  prepareVersionKey,
  type Recipient,
  type RecordKey,
  rootKeyHolder,
  sealEnvelope,
} from '../../src/envelope.ts'
import { Secret } from '../../src/index.ts'
import { primitives, slots } from './backend.ts'
import * as page from './by-the-page.ts'

// What the package writes opens by the words of the specification alone, and what those words write, the package opens.

const material = Uint8Array.from({ length: 32 }, (_, i) => i * 5)
const keyId = parseUuid('7bd5d47e-446f-4ec2-a3d8-11736110e578')
const version = 0x01020304
const context = { table: 'users', tenant: 'acmé' }
const pairs = Object.entries(context)
const salt = Uint8Array.from({ length: 24 }, (_, i) => 200 - i)
const messages = [0, 1, 16_383, 16_384, 40_000].map((n) => Uint8Array.from({ length: n }, (_, i) => (i * 7) % 256))

function recordKey(suite: 1 | 2, id = keyId): RecordKey {
  const slot = slots.importKey(material.slice())
  try {
    return prepareRecordKey(slots, slot, { keyId: id, version, suite })
  } finally {
    slots.release(slot)
  }
}

describe.each([1, 2] as const)('suite %i, mode 0 [E-22]', (suite) => {
  const bound = page.join(page.preamble(suite, 0, 0), page.canonical(pairs))
  const header = page.join(page.preamble(suite, 0, 0), keyId, page.u32(version))
  const info = page.join(page.text('kms1/seal\0'), Uint8Array.of(suite), keyId, page.u32(version))
  const contentKey = page.expand(material, info, 32)

  test('an envelope is its header and its body, and opens by the page [E-1] [E-2] [E-3] [E-20] [E-23] [E-26] [E-30]', () => {
    const key = recordKey(suite)
    for (const message of messages) {
      const envelope = key.seal(message, context)
      expect(envelope.slice(0, 27)).toEqual(header)
      expect(Buffer.compare(page.openBody(contentKey, suite, bound, envelope.subarray(27)), message)).toBe(0)
    }
  })

  test('what the page writes opens [E-1] [E-2] [E-3] [E-20] [E-23] [E-26] [E-30]', () => {
    const key = recordKey(suite)
    for (const message of messages) {
      const envelope = page.join(header, page.sealBody(contentKey, suite, bound, salt, message))
      expect(Buffer.compare(key.open(envelope, context), message)).toBe(0)
    }
  })
})

test('a key id of any version of UUID, or of none, is a key id [E-27]', () => {
  for (const id of [
    new Uint8Array(16),
    new Uint8Array(16).fill(255),
    parseUuid('7bd5d47e-446f-1ec2-03d8-11736110e578'),
  ]) {
    const key = recordKey(1, id)
    expect(key.open(key.seal(messages[1]!, context), context)).toEqual(messages[1])
  }
})

test('a blind index is the one of the page, whatever suite and mode the key seals in [E-37] [E-96]', () => {
  const key = prepareVersionKey(slots, slots.importKey(material.slice()), { keyId, version })
  key.deterministic(2)
  const info = page.join(page.text('kms1/index\0'), keyId, page.u32(version))
  const bound = page.join(page.preamble(1, 0, 0), page.canonical(pairs))
  const whole = page.hmac(page.expand(material, info, 32), page.join(bound, messages[1]!))
  for (const n of [8, 16, 32]) expect(key.index.compute(messages[1]!, context, n)).toEqual(whole.slice(0, n))
  for (const n of [0, 7, 33]) {
    expect(() => key.index.compute(messages[1]!, context, n)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
  }
  key.release()
})

test('an envelope holds nothing of its context, and does not open without it [E-18]', () => {
  const secret = { [`name-${'n'.repeat(40)}`]: `value-${'v'.repeat(40)}` }
  const key = recordKey(1)
  const envelope = Buffer.from(key.seal(messages[1]!, secret))
  for (const word of Object.entries(secret).flat()) {
    for (let at = 0; at + 8 <= word.length; at++) expect(envelope.includes(word.slice(at, at + 8))).toBe(false)
  }
  expect(() => key.open(envelope, { other: 'x' })).toThrow(expect.objectContaining({ code: 'authentication-failed' }))
})

test('contexts that look the same and are other characters are other contexts [E-14]', () => {
  const key = recordKey(1)
  const envelope = key.seal(messages[1]!, { name: 'é'.normalize('NFC') })
  expect(() => key.open(envelope, { name: 'é'.normalize('NFD') })).toThrow(
    expect.objectContaining({ code: 'authentication-failed' }),
  )
})

describe('recipients', () => {
  const root = rootKeyHolder(Secret.copy(material), primitives)
  const rootId = page.expand(material, page.text('kms1/key-id\0'), 16)
  const bound = page.join(page.preamble(1, 0, 2), page.canonical(pairs))
  const wrapInfo = page.join(page.text('kms1/wrap\0'), rootId, page.u32(1), bound)
  const kek = page.expand(material, wrapInfo, 32)
  const headerMac = (contentKey: Uint8Array, macked: Uint8Array): Uint8Array =>
    page.expand(contentKey, page.join(page.text('kms1/header\0'), macked), 32)

  test('a header to a key has the layout, the wrapping and the mac of the page [E-43] [E-45] [E-46] [E-48] [E-49]', async () => {
    const recipients = [keyRecipient(root, { primitives })]
    const envelope = await sealEnvelope(messages[4]!, { context, recipients, primitives, slots })
    const start = page.join(page.preamble(1, 0, 2), Uint8Array.of(1, 1), page.u16(60), rootId, page.u32(1))
    expect(envelope.slice(0, start.length)).toEqual(start)
    const macked = envelope.subarray(0, start.length + 40)
    const contentKey = page.keyUnwrap(kek, macked.subarray(-40))
    expect(envelope.slice(macked.length, macked.length + 32)).toEqual(headerMac(contentKey, macked))
    const opened = page.openBody(contentKey, 1, bound, envelope.subarray(macked.length + 32))
    expect(Buffer.compare(opened, messages[4]!)).toBe(0)
  })

  test('what the page writes to a key opens [E-43] [E-45] [E-46] [E-48] [E-49]', async () => {
    const contentKey = new Uint8Array(32).fill(77)
    const stanza = page.join(rootId, page.u32(1), page.keyWrap(kek, contentKey))
    const macked = page.join(page.preamble(1, 0, 2), Uint8Array.of(1, 1), page.u16(60), stanza)
    const body = page.sealBody(contentKey, 1, bound, salt, messages[4]!)
    const envelope = page.join(macked, headerMac(contentKey, macked), body)
    const openers = [keyOpener(root, { primitives })]
    const opened = await openEnvelope(envelope, { context, openers, primitives, slots })
    expect(Buffer.compare(opened, messages[4]!)).toBe(0)
  })

  test('what the page writes to a password opens [E-50]', async () => {
    const contentKey = new Uint8Array(32).fill(78)
    const passwordSalt = new Uint8Array(16).fill(9)
    const kdf = page.join(Uint8Array.of(1), page.u32(1000))
    const stretched = pbkdf2Sync(page.text('pässwörd'), passwordSalt, 1000, 32, 'sha256')
    const info = page.join(page.text('kms1/password\0'), passwordSalt, kdf, bound)
    const wrapped = page.keyWrap(page.expand(stretched, info, 32), contentKey)
    const stanza = page.join(passwordSalt, kdf, wrapped)
    const macked = page.join(page.preamble(1, 0, 2), Uint8Array.of(1, 2), page.u16(stanza.length), stanza)
    const body = page.sealBody(contentKey, 1, bound, salt, messages[1]!)
    const envelope = page.join(macked, headerMac(contentKey, macked), body)
    const openers = [passwordOpener(Secret.fromPassword('pässwörd'), { primitives })]
    expect(await openEnvelope(envelope, { context, openers, primitives, slots })).toEqual(messages[1])
  })

  test('each envelope has a content key of its own, of 32 bytes [E-25] [E-41]', async () => {
    const keys: string[] = []
    const curious: Recipient = {
      kind: 200,
      wrap: vi.fn(async (contentKey: Secret) => {
        keys.push(Buffer.from(contentKey.reveal()).toString('hex'))
        return new Uint8Array(3)
      }),
    }
    for (let i = 0; i < 300; i++) {
      await sealEnvelope(messages[1]!, { context, recipients: [curious], primitives, slots })
    }
    expect(new Set(keys).size).toBe(300)
    expect(new Set(keys.map((key) => key.length))).toEqual(new Set([64]))
  })

  test('a wrong mac is refused before the body is looked at, a wrong commitment after it, with the same words [E-73]', async () => {
    const recipients = [keyRecipient(root, { primitives })]
    const envelope = await sealEnvelope(messages[1]!, { context, recipients, primitives, slots })
    const openers = [keyOpener(root, { primitives })]
    const derive = vi.spyOn(slots, 'importKey')
    const messagesOf: string[] = []
    for (const [at, reached] of [
      [8 + 63, 0],
      [8 + 63 + 32 + 24, 1],
    ] as const) {
      const changed = envelope.slice()
      changed[at] = changed[at]! ^ 1
      derive.mockClear()
      const error = await openEnvelope(changed, { context, openers, primitives, slots }).catch((one: unknown) => one)
      expect(error).toMatchObject({ code: 'authentication-failed' })
      expect(derive).toHaveBeenCalledTimes(reached)
      messagesOf.push((error as Error).message)
    }
    derive.mockRestore()
    expect(new Set(messagesOf).size).toBe(1)
  })
})
