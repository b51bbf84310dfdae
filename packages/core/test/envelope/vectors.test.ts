import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  type Context,
  canonicalContext,
  checkInfo,
  deterministicInfo,
  encodePreamble,
  fingerprintInfo,
  finishHeader,
  fromText,
  keyIdInfo,
  keyOpener,
  MessageCipher,
  MessageSealer,
  noContext,
  type Opener,
  openEnvelope,
  parseHeader,
  passwordOpener,
  prepareRecordKey,
  prepareVersionKey,
  type RecipientsHeader,
  rootKeyHolder,
  sealInfo,
  slotHolder,
  type VersionKey,
  wrapInfo,
} from '../../src/envelope.ts'
import { Secret, type Slot } from '../../src/index.ts'
import { primitives, slots } from './backend.ts'
import { type EnvelopeVector, vectors } from './vectors.ts'

const bytes = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text as string, 'base64url'))
const hex = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text as string, 'hex'))

const contextOf = ({ context }: EnvelopeVector): Context => {
  const pairs = vectors.contexts[context] as readonly (readonly [string, string])[]
  return pairs.length === 0 ? noContext : new Map(pairs)
}

const plaintextOf = ({ plaintext, length }: EnvelopeVector): Uint8Array =>
  plaintext === undefined ? Uint8Array.from({ length: length as number }, (_, i) => i % 251) : bytes(plaintext)

function expectWritten(envelope: Uint8Array, { sha512 }: EnvelopeVector): void {
  expect(createHash('sha512').update(envelope).digest().subarray(0, 32).toString('base64url')).toBe(sha512)
}

/** Seals with the salt given, through slots that are told which one to use. */
function withRecordKey<T>(vector: EnvelopeVector, use: (key: ReturnType<typeof prepareRecordKey>) => T): T {
  const { slot, keyId, version } = keyOf(vector)
  const salted = new Proxy(slots, {
    get(target, name) {
      if (name === 'seal' && vector.salt !== undefined) {
        return (...[one, length, plaintext]: Parameters<typeof slots.seal>) =>
          target.seal(one, length, plaintext, bytes(vector.salt))
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const { content, suite = 1 } = vector
  const key = prepareRecordKey(salted, slot, { keyId, version, content, suite })
  slots.release(slot)
  try {
    return use(key)
  } finally {
    key.release()
  }
}

function keyOf({ keys }: EnvelopeVector): { slot: Slot; keyId: Uint8Array; version: number } {
  const held = vectors.keys[keys[0] as number]
  if (held?.[0] !== 'key') throw new Error('the vector holds no key')
  return { slot: slots.importKey(bytes(held[3])), keyId: bytes(held[1]), version: held[2] }
}

/** All that a version does with data, in every suite and mode. */
function withVersionKey<T>(vector: EnvelopeVector, use: (key: VersionKey) => T): T {
  const { slot, ...options } = keyOf(vector)
  const key = prepareVersionKey(slots, slot, options)
  try {
    return use(key)
  } finally {
    key.release()
  }
}

function write(vector: EnvelopeVector): Uint8Array {
  if (vector.mode === 1) {
    const { suite = 1 } = vector
    return withVersionKey(vector, (key) => key.deterministic(suite).seal(plaintextOf(vector), contextOf(vector)))
  }
  if (vector.contentKey === undefined)
    return withRecordKey(vector, (key) => key.seal(plaintextOf(vector), contextOf(vector)))
  const header = parseHeader(bytes(vector.header)) as RecipientsHeader
  const start = finishHeader(header, header.recipients, Secret.take(bytes(vector.contentKey)), primitives)
  const bound = Buffer.concat([encodePreamble(header), canonicalContext(contextOf(vector))])
  const slot = slots.importKey(bytes(vector.contentKey))
  slots.prepare(slot, header.suite, new Uint8Array(0))
  slots.bound.set(bound)
  const messageKey = slots.messageKey(slot, bound.length, bytes(vector.salt))
  slots.release(slot)
  const cipher = new MessageCipher(primitives, header.suite, messageKey)
  const sealer = new MessageSealer(cipher)
  const salted = [start, bytes(vector.salt), cipher.commitment]
  return Buffer.concat([...salted, sealer.update(plaintextOf(vector)), sealer.final()])
}

function openersOf({ keys }: EnvelopeVector): Opener[] {
  return keys.map((index) => {
    const held = vectors.keys[index]
    if (held?.[0] === 'password') return passwordOpener(Secret.fromPassword(held[1]), { primitives })
    if (held?.[0] === 'root') return keyOpener(rootKeyHolder(Secret.take(bytes(held[1])), primitives), { primitives })
    if (held?.[0] !== 'key') throw new Error('the vector holds no key')
    return keyOpener(slotHolder(slots, slots.importKey(bytes(held[3])), bytes(held[1]), held[2]), { primitives })
  })
}

async function open(vector: EnvelopeVector, envelope: Uint8Array): Promise<Uint8Array> {
  if (vector.asks === 'key') {
    const withKey = vector.content === 0 ? withVersionKey : withRecordKey
    return withKey(vector, (key: { open: VersionKey['open'] }) => key.open(envelope, contextOf(vector)))
  }
  return openEnvelope(envelope, {
    content: vector.content,
    context: contextOf(vector),
    openers: openersOf(vector),
    primitives,
    slots,
  })
}

describe('envelopes of an independent implementation', () => {
  test.each(vectors.tests.filter(({ result }) => result === 'valid'))('$id $comment', async (vector) => {
    let envelope = vector.text === undefined ? bytes(vector.envelope ?? '') : fromText(vector.text)
    if (vector.salt !== undefined || vector.mode === 1) {
      envelope = write(vector)
      expectWritten(envelope, vector)
    }
    expect(Buffer.from(await open(vector, envelope))).toEqual(Buffer.from(plaintextOf(vector)))
  })
})

describe('refusals', () => {
  // A content that no key seals cannot be asked of a record key at all; header.test.ts has those.
  const refused = vectors.tests.filter(
    ({ result, asks, content }) => result !== 'valid' && (asks === 'openers' || content <= 1),
  )
  test.each(refused)('$id $comment: $result', async (vector) => {
    const opening = async (): Promise<Uint8Array> =>
      open(vector, vector.text === undefined ? bytes(vector.envelope ?? '') : fromText(vector.text))
    await expect(opening()).rejects.toMatchObject({ name: 'KmsError', code: vector.result })
  })
})

test('every label that is used derives what it should [E-30] [E-38] [E-39] [E-48] [E-49]', () => {
  const given = vectors.derivations
  const [id, version, bound] = [hex(given.keyId), given.version, hex(given.C)]
  const expand = (info: Uint8Array, length: number, key = given.material): string =>
    Buffer.from(primitives.hkdfExpand('SHA-512', hex(key), info, length)).toString('hex')
  expect(expand(sealInfo(1, id, version), 32)).toBe(given.seal)
  expect(expand(deterministicInfo(1, id, version), 64)).toBe(given.deterministic)
  expect(expand(wrapInfo(id, version, bound), 32)).toBe(given.wrap)
  expect(expand(keyIdInfo(), 16)).toBe(given.rootKeyId)
  expect(expand(checkInfo(id, version), 8)).toBe(given.check)
  const fingerprintKey = hex(expand(fingerprintInfo(), 32, given.ringMaterial))
  const fingerprint = primitives.hmac('SHA-512', fingerprintKey, hex(given.material)).subarray(0, 16)
  expect(Buffer.from(fingerprint).toString('hex')).toBe(given.fingerprint)
})
