import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto'
import { Crypto as NodeWebCrypto } from '@peculiar/webcrypto'
import { describe, expect, test } from 'vitest'
import type { SignatureAlgorithm } from '../../src/crypto/signature-algorithms.ts'
import { type SignedContent, sign } from '../../src/envelope/signed.ts'
import {
  canonicalContext,
  encodePreamble,
  fromText,
  generateSigningKey,
  keyOpener,
  keyRecipient,
  openEnvelope,
  openSigned,
  rootKeyHolder,
  SigningKey,
  sealEnvelope,
  sealSigned,
  verificationKeyPem,
  verificationKeyText,
} from '../../src/envelope.ts'
import { noContext, type Opener, Secret } from '../../src/index.ts'
import { fromHex, openersOf, toHex, vectors } from '../store/vectors.ts'
import { primitives, slots } from './backend.ts'

const context = { from: 'alice', to: 'bob' }
const holder = rootKeyHolder(Secret.take(new Uint8Array(32).fill(5)), primitives)
const recipients = [keyRecipient(holder, { primitives })]
const openers = [keyOpener(holder, { primitives })]
const message = new TextEncoder().encode('pay bob 5')
const parts = { primitives, slots }
const platforms = { peculiar: new NodeWebCrypto() as unknown as Crypto, platform: globalThis.crypto }

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

async function signer(algorithm: SignatureAlgorithm, crypto: Crypto = globalThis.crypto): Promise<SigningKey> {
  const { pkcs8, publicKey } = await generateSigningKey(algorithm, crypto)
  return SigningKey.fromPkcs8(pkcs8, { algorithm, publicKey }, crypto)
}

const cases = (['Ed25519', 'P-256'] as const).flatMap((algorithm) =>
  Object.entries(platforms).map(([name, crypto]) => ({ algorithm, name, crypto })),
)

describe.each(cases)('data signed with $algorithm by the $name WebCrypto', ({ algorithm, crypto }) => {
  test.each([...Object.entries(platforms)])('is opened with the %s one, and says from whom', async (_, other) => {
    const from = await signer(algorithm, crypto)
    for (const data of [message, new Uint8Array(0), new Uint8Array(40_000).fill(3)]) {
      const envelope = await sealSigned(data, { from, recipients, context, ...parts })
      const accepted = [await signer('Ed25519'), verificationKeyText(from, { primitives }), await signer('P-256')]
      const opened = await openSigned(envelope, { from: accepted, openers, context, crypto: other, ...parts })
      expect(Buffer.compare(opened.data, data)).toBe(0)
      expect(opened.from).toEqual({ algorithm, publicKey: from.publicKey })
    }
  })

  test('is laid out, and signed over the bytes, as node:crypto alone would have it [E-81] [E-82]', async () => {
    const from = await signer(algorithm, crypto)
    const envelope = await sealSigned(message, { from, recipients, context, ...parts })
    const plaintext = Buffer.from(await openEnvelope(envelope, { content: 5, openers, context, ...parts }))
    const pem = verificationKeyPem(from)
    const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' })
    const start = Buffer.concat([
      Buffer.from([0, algorithm === 'Ed25519' ? 1 : 2]),
      createHash('sha256').update(spki).digest().subarray(0, 16),
    ])
    expect(plaintext.subarray(0, 18)).toEqual(start)
    expect(plaintext.subarray(18, 20)).toEqual(Buffer.from([0, 64]))
    expect(plaintext.subarray(84)).toEqual(Buffer.from(message))
    const signed = Buffer.concat([
      Buffer.from('kms1/signed\0'),
      start,
      envelope.subarray(0, 7),
      canonicalContext(context),
      createHash('sha512').update(message).digest(),
    ])
    const key = { key: pem, dsaEncoding: 'ieee-p1363' } as const
    const hash = algorithm === 'Ed25519' ? null : 'sha256'
    expect(verifySignature(hash, signed, key, plaintext.subarray(20, 84))).toBe(true)
  })

  test('is refused with any byte of its plaintext changed, by whoever can seal to the recipient [E-84]', async () => {
    const from = await signer(algorithm, crypto)
    const envelope = await sealSigned(message, { from, recipients, context, ...parts })
    const plaintext = await openEnvelope(envelope, { content: 5, openers, context, ...parts })
    const reseal = (bytes: Uint8Array): Promise<Uint8Array> =>
      sealEnvelope(bytes, { content: 5, recipients, context, ...parts })
    const open = async (bytes: Uint8Array): Promise<unknown> =>
      openSigned(await reseal(bytes), { from: [from], openers, context, crypto, ...parts })
    await open(plaintext)
    for (let at = 0; at < plaintext.length; at++) {
      const changed = plaintext.slice()
      changed[at] = (changed[at] as number) ^ 1
      expect(await codeOf(open(changed)), `byte ${at}`).toBe('authentication-failed')
    }
    for (const length of [0, 1, 20, 83, plaintext.length - 1]) {
      expect(await codeOf(open(plaintext.subarray(0, length))), `cut to ${length}`).toBe('authentication-failed')
    }
    expect(await codeOf(open(Uint8Array.of(...plaintext, 0)))).toBe('authentication-failed')
  })

  test('is refused with any bit of the envelope changed', async () => {
    const from = await signer(algorithm, crypto)
    const envelope = await sealSigned(message, { from, recipients, context, ...parts })
    for (let at = 0; at < envelope.length; at++) {
      const changed = envelope.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      const code = await codeOf(openSigned(changed, { from: [from], openers, context, crypto, ...parts }))
      expect(['authentication-failed', 'malformed', 'unsupported', 'no-matching-key'], `byte ${at}`).toContain(code)
    }
  })
})

test.each(vectors.signed)('the vector $comment gives $result [E-81] [E-82] [E-84]', async (vector) => {
  const { result, context, signers, data, envelope } = vector
  const from = signers.map(fromHex)
  const opening = openSigned(fromText(envelope), {
    from,
    openers: openersOf(vector, primitives, slots),
    context,
    ...parts,
  })
  expect(await codeOf(opening)).toBe(result === 'valid' ? 'no error' : result)
  if (result === 'valid') expect(toHex((await opening).data)).toBe(data)
})

test('a signer who was not asked for is refused, and so is nobody [E-84]', async () => {
  const from = await signer('Ed25519')
  const envelope = await sealSigned(message, { from, recipients, context, ...parts })
  const open = (accepted: readonly never[] | readonly SigningKey[]): Promise<unknown> =>
    openSigned(envelope, { from: accepted, openers, context, ...parts })
  expect(await codeOf(open([await signer('Ed25519'), await signer('P-256')]))).toBe('authentication-failed')
  expect(await codeOf(open([]))).toBe('invalid-argument')
})

test('what was sealed without a signature is no signed data, and signed data is no data', async () => {
  const from = await signer('Ed25519')
  const plain = await sealEnvelope(message, { recipients, context, ...parts })
  const signed = await sealSigned(message, { from, recipients, context, ...parts })
  expect(await codeOf(openSigned(plain, { from: [from], openers, context, ...parts }))).toBe('authentication-failed')
  expect(await codeOf(openEnvelope(signed, { openers, context, ...parts }))).toBe('authentication-failed')
})

test('a recipient cannot move a signature to another context, and passes it on in the same one only', async () => {
  const from = await signer('Ed25519')
  const envelope = await sealSigned(message, { from, recipients, context, ...parts })
  const plaintext = await openEnvelope(envelope, { content: 5, openers, context, ...parts })
  const other = { from: 'alice', to: 'carol' }
  const moved = await sealEnvelope(plaintext, { content: 5, recipients, context: other, ...parts })
  expect(await codeOf(openSigned(moved, { from: [from], openers, context: other, ...parts }))).toBe(
    'authentication-failed',
  )
  // This is why whom it is for belongs in the context.
  const again = await sealEnvelope(plaintext, { content: 5, recipients, context, ...parts })
  expect((await openSigned(again, { from: [from], openers, context, ...parts })).data).toEqual(message)
})

test.each([2, 3, 4, 6] as const satisfies readonly SignedContent[])(
  'what was signed as content %i is no signed data',
  async (content) => {
    const from = await signer('Ed25519')
    // As a forger would who gets a store's key to sign: the other content's label, everything else as content 5 has it.
    const bound = Buffer.concat([encodePreamble({ suite: 1, content: 5, mode: 2 }), canonicalContext(context)])
    const plaintext = await sign({ content, bound }, message, from, primitives)
    const envelope = await sealEnvelope(plaintext, { content: 5, recipients, context, ...parts })
    expect(await codeOf(openSigned(envelope, { from: [from], openers, context, ...parts }))).toBe(
      'authentication-failed',
    )
  },
)

test('the suite and the context are signed as they were when sealing began', async () => {
  const from = await signer('Ed25519')
  const changing: Record<string, string> = { to: 'bob' }
  const sealing = sealSigned(message, { from, recipients, context: changing, ...parts })
  changing.to = 'mallory'
  const opened = await openSigned(await sealing, { from: [from], openers, context: { to: 'bob' }, ...parts })
  expect(opened.data).toEqual(message)
  const unbound = await sealSigned(message, { from, recipients, context: noContext, ...parts })
  expect((await openSigned(unbound, { from: [from], openers, context: noContext, ...parts })).data).toEqual(message)
})

test('more data than the limit is refused before anything is unwrapped, but not before it is known whose it is [E-83]', async () => {
  const from = await signer('Ed25519')
  const envelope = await sealSigned(new Uint8Array(1_000), { from, recipients, context, ...parts })
  const open = (maxLength: number, by: readonly Opener[] = openers): Promise<unknown> =>
    openSigned(envelope, { from: [from], openers: by, context, maxLength, ...parts })
  const [opener] = openers as [Opener]
  const unused: Opener = {
    kind: 1,
    holds: (stanza) => opener.holds(stanza),
    unwrap: () => Promise.reject(new Error('unwrapped')),
  }
  expect(await codeOf(open(1_000))).toBe('no error')
  expect(await codeOf(open(999, [unused]))).toBe('limit-exceeded')
  expect(await codeOf(open(999, []))).toBe('no-matching-key')
  const tooLong = sealSigned(new Uint8Array(64 * 2 ** 20 + 1), { from, recipients, context, ...parts })
  expect(await codeOf(tooLong)).toBe('limit-exceeded')
})

test('where the platform lacks the algorithm, it says so', async () => {
  const from = await signer('Ed25519')
  const envelope = await sealSigned(message, { from, recipients, context, ...parts })
  const refuses = (): Promise<never> => Promise.reject(new DOMException('no such algorithm', 'NotSupportedError'))
  const lacking = { subtle: { importKey: refuses, generateKey: refuses } } as unknown as Crypto
  expect(await codeOf(openSigned(envelope, { from: [from], openers, context, crypto: lacking, ...parts }))).toBe(
    'unsupported',
  )
  expect(await codeOf(generateSigningKey('Ed25519', lacking))).toBe('unsupported')
})

test('the second signature that ECDSA always has verifies too: a signature is no name of a message', async () => {
  const from = await signer('P-256')
  const envelope = await sealSigned(message, { from, recipients, context, ...parts })
  const plaintext = await openEnvelope(envelope, { content: 5, openers, context, ...parts })
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = BigInt(`0x${Buffer.from(plaintext.subarray(52, 84)).toString('hex')}`)
  const other = plaintext.slice()
  other.set(Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'), 52)
  const resealed = await sealEnvelope(other, { content: 5, recipients, context, ...parts })
  expect((await openSigned(resealed, { from: [from], openers, context, ...parts })).data).toEqual(message)
})
