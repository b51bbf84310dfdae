import { type Opener, type Recipient, Secret } from '@kms/core'
import {
  blobSource,
  encryptedLength,
  fromText,
  generateRecipientKeyPair,
  generateSigningKey,
  inspect,
  type KeyPairType,
  keyOpener,
  keyPairOpener,
  keyRecipient,
  openEnvelope,
  openRandomAccess,
  openSigned,
  openStream,
  passwordOpener,
  passwordRecipient,
  prepareVersionKey,
  publicKeyRecipient,
  recipientLengths,
  rewrapHeader,
  rootKeyHolder,
  SigningKey,
  sealEnvelope,
  sealSigned,
  sealStream,
  toText,
} from '@kms/core/envelope'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { type Case, require, requireBytes, requireCode } from './case.ts'

const parts = { primitives: createWasmPrimitives(), slots: createWasmKeySlots() }
const context = { tenant: 'acmé', table: 'users' }
const keyId = Uint8Array.from({ length: 16 }, (_, i) => i)
const lengths = [0, 1, 64, 4_000, 16_383, 16_384, 100_000]
const message = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7) % 256)
const root = rootKeyHolder(Secret.take(message(32)), parts.primitives)
const password = (): Secret => Secret.fromPassword('correct horse battery staple')

const kinds: readonly [string, () => Recipient, () => Opener][] = [
  ['a key', () => keyRecipient(root, parts), () => keyOpener(root, parts)],
  ...(['argon2id', 'scrypt', 'pbkdf2'] as const).map((kdf): [string, () => Recipient, () => Opener] => [
    `a password by ${kdf}`,
    () => passwordRecipient(password(), { kdf, ...parts }),
    () => passwordOpener(password(), parts),
  ]),
]

const keyPairs: readonly KeyPairType[] = [{ kem: 'P-256' }, { kem: 'X25519' }, { kem: 'X-Wing' }, { rsa: 2048 }]

const suites = [1, 2] as const

/** Round trips, each with a changed bit and a wrong context refused. */
export const envelopes: readonly Case[] = [
  ...suites.flatMap((suite) => [record('random', suite), record('deterministic', suite)]),
  {
    name: 'a blind index is of its context and value',
    run() {
      const { index } = prepareVersionKey(parts.slots, parts.slots.importKey(message(32)), { keyId, version: 3 })
      const text = (value: Uint8Array, tenant: string): string => toText(index.compute(value, { tenant }))
      const [first, again] = [text(message(5), 'a'), text(message(5), 'a')]
      require(first === again, 'the same index')
      require(new Set([first, text(message(6), 'a'), text(message(5), 'b')]).size === 3, 'others')
    },
  },
  ...kinds.flatMap(([kind, recipient, opener]) =>
    suites.map((suite) => ({
      name: `suite ${suite}: envelopes to ${kind}`,
      async run() {
        const n = 40_000
        const envelope = await sealEnvelope(message(n), { suite, context, recipients: [recipient()], ...parts })
        const options = { context, openers: [opener()], ...parts }
        requireBytes(await openEnvelope(envelope, options), message(n))
        require(inspect(envelope).plaintextLength === n, 'the length inspected')
        await requireCode('authentication-failed', () => openEnvelope(changed(envelope), options))
      },
    })),
  ),
  ...suites.map((suite) => ({
    name: `suite ${suite}: streams through the platform's own, and ranges of a Blob`,
    async run() {
      const plaintext = message(100_000)
      const sealing = { suite, context, recipients: [keyRecipient(root, parts)], ...parts }
      const opening = { context, openers: [keyOpener(root, parts)], ...parts }
      const sealed = sealStream(new Blob([plaintext as BlobPart]).stream(), sealing)
      const envelope = await new Response(sealed as ReadableStream<BufferSource>).blob()
      require(envelope.size === encryptedLength(100_000, [recipientLengths.key]), `length ${envelope.size}`)
      requireBytes(await bytesOf(openStream(envelope.stream(), opening)), plaintext)
      requireBytes(await openEnvelope(new Uint8Array(await envelope.arrayBuffer()), opening), plaintext)
      await requireCode('authentication-failed', () => bytesOf(openStream(envelope.slice(0, -1).stream(), opening)))
      const file = await openRandomAccess(blobSource(envelope), opening)
      requireBytes(await file.openRange(40_000, 40_100), plaintext.subarray(40_000, 40_100))
      requireBytes(await file.openRange(-10), plaintext.subarray(-10))
      await file.close()
    },
  })),
  ...(['Ed25519', 'P-256'] as const).map((algorithm) => ({
    name: `data signed with ${algorithm}`,
    async run() {
      const { pkcs8, publicKey } = await generateSigningKey(algorithm, crypto)
      const from = await SigningKey.fromPkcs8(pkcs8, { algorithm, publicKey }, crypto)
      const envelope = await sealSigned(message(100), {
        from,
        context,
        recipients: [keyRecipient(root, parts)],
        ...parts,
      })
      const options = { from: [from], context, openers: [keyOpener(root, parts)], ...parts }
      requireBytes((await openSigned(envelope, options)).data, message(100))
      await requireCode('authentication-failed', () => openSigned(changed(envelope), options))
    },
  })),
  ...keyPairs.map((type) => ({
    name: `envelopes to a key pair of ${JSON.stringify(type)}`,
    async run() {
      const pair = await generateRecipientKeyPair(type)
      const recipients = [publicKeyRecipient(pair.publicKey, parts)]
      const envelope = await sealEnvelope(message(100), { context, recipients, ...parts })
      const options = { context, openers: [keyPairOpener(pair, parts)], ...parts }
      requireBytes(await openEnvelope(envelope, options), message(100))
      await requireCode('authentication-failed', () => openEnvelope(changed(envelope), options))
    },
  })),
  {
    name: 'a header rewrapped opens the same body for somebody else',
    async run() {
      const envelope = await sealEnvelope(message(100), { context, recipients: [keyRecipient(root, parts)], ...parts })
      const other = rootKeyHolder(Secret.take(message(32).map((byte) => byte ^ 1)), parts.primitives)
      const { header, replaces } = await rewrapHeader(envelope, {
        context,
        openers: [keyOpener(root, parts)],
        add: [keyRecipient(other, parts)],
        remove: () => true,
        ...parts,
      })
      const rewrapped = await joined([header, envelope.subarray(replaces)])
      requireBytes(
        await openEnvelope(rewrapped, { context, openers: [keyOpener(other, parts)], ...parts }),
        message(100),
      )
      await requireCode('no-matching-key', () =>
        openEnvelope(rewrapped, { context, openers: [keyOpener(root, parts)], ...parts }),
      )
    },
  },
]

function record(mode: 'random' | 'deterministic', suite: 1 | 2): Case {
  return {
    name: `suite ${suite}, ${mode}: sealed by a key version, as bytes and as text`,
    async run() {
      const key = prepareVersionKey(parts.slots, parts.slots.importKey(message(32)), { keyId, version: 3 })
      const sealing = mode === 'random' ? key.recordOf(suite) : key.deterministic(suite)
      for (const n of lengths) {
        const envelope = sealing.seal(message(n), context)
        require(envelope.length === encryptedLength(n), `length ${envelope.length}`)
        requireBytes(key.open(fromText(toText(envelope)), context), message(n))
        await requireCode('authentication-failed', () => key.open(changed(envelope), context))
        await requireCode('authentication-failed', () => key.open(envelope, { tenant: 'other' }))
      }
      key.release()
    },
  }
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  const reader = stream.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value)
  return joined(pieces)
}

async function joined(pieces: Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer())
}

function changed(envelope: Uint8Array): Uint8Array {
  const copy = envelope.slice()
  copy[copy.length - 1] = (copy.at(-1) as number) ^ 1
  return copy
}
