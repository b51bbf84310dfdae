import { createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject, diffieHellman as openssl } from 'node:crypto'
import { Crypto } from '@peculiar/webcrypto'
import { describe, expect, test } from 'vitest'
import { createWasmPrimitives, diffieHellman, type EcdhCurve, EcdhKey } from '../../src/hazmat.ts'
import { Secret } from '../../src/index.ts'

const primitives = createWasmPrimitives()
const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))
const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const info = new TextEncoder().encode('a test of ecdh')

type WebCrypto = typeof globalThis.crypto
const platforms: readonly (readonly [string, WebCrypto])[] = [
  ['globalThis.crypto', globalThis.crypto],
  ['@peculiar/webcrypto', new Crypto() as unknown as WebCrypto],
]
const nistCurves = ['P-256', 'P-384', 'P-521'] as const
const curves = ['X25519', 'P-256', 'P-384', 'P-521'] as const

// RFC 7748 §5.2. The unused bits of both are set in some: implementations clear or ignore them.
const scalarMultiplications = [
  [
    'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
    'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
    'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
  ],
  [
    '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
    'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
    '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
  ],
] as const

// RFC 7748 §6.1: private key, public key.
const aliceAndBob = {
  alice: [
    '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
    '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
  ],
  bob: [
    '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
    'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
  ],
  shared: '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
} as const

/** Points of order 1, 2, 4 and 8, on the curve and its twist, and u = p: they give zero with every private key. */
const smallOrder = [
  '00'.repeat(32),
  '01'.padEnd(64, '0'),
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]

/** A WebCrypto of before X25519. */
function withoutX25519(): WebCrypto {
  const refuse = (): never => {
    throw Object.assign(new Error('Unrecognized name.'), { name: 'NotSupportedError' })
  }
  return {
    subtle: { generateKey: refuse },
    getRandomValues: (array: Uint8Array) => globalThis.crypto.getRandomValues(array),
  } as unknown as WebCrypto
}

describe.each(platforms)('over %s', (_, crypto) => {
  test.each(curves)('%s: both sides derive the same, and another info gives another secret', async (curve) => {
    const [a, b] = [await EcdhKey.generate(curve, crypto), await EcdhKey.generate(curve)]
    const options = { info, length: 42, primitives }
    const secret = await diffieHellman(a, b.publicKey, options)
    expect(secret.length).toBe(42)
    expect((await diffieHellman(b, a.publicKey, options)).reveal()).toEqual(secret.reveal())
    const other = await diffieHellman(b, a.publicKey, { ...options, info: Uint8Array.of(1) })
    expect(other.reveal()).not.toEqual(secret.reveal())
  })

  test.each(curves)('%s: the secret is that of OpenSSL, through HKDF with SHA-256, 384 and 512', async (curve) => {
    const own = await EcdhKey.generate(curve, crypto)
    const theirs = curve === 'X25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: curve })
    const shared = openssl({ privateKey: theirs.privateKey, publicKey: publicKeyOf(curve, own.publicKey) })
    for (const hash of ['SHA-256', 'SHA-384', 'SHA-512'] as const) {
      const secret = await diffieHellman(own, rawOf(curve, theirs.publicKey), { info, length: 100, hash, primitives })
      const expected = hkdfSync(hash.replace('-', ''), shared, '', info, 100)
      expect(secret.reveal()).toEqual(new Uint8Array(expected))
    }
  })

  test('X25519: the vectors of RFC 7748 §5.2 and §6.1', async () => {
    for (const [scalar, u, expected] of scalarMultiplications) {
      expect(toHex(await multiply(scalar, u, crypto))).toBe(expected)
    }
    const [alice, bob] = await Promise.all(
      [aliceAndBob.alice, aliceAndBob.bob].map(([privateKey, publicKey]) =>
        EcdhKey.fromPrivate('X25519', Secret.take(hex(privateKey)), hex(publicKey), crypto),
      ),
    )
    expect(toHex((await alice!.sharedSecret(bob!.publicKey)).reveal())).toBe(aliceAndBob.shared)
    expect(toHex((await bob!.sharedSecret(alice!.publicKey)).reveal())).toBe(aliceAndBob.shared)
  })

  test('X25519: a public key of small order is refused', async () => {
    const own = await EcdhKey.generate('X25519', crypto)
    for (const u of smallOrder) await expect(own.sharedSecret(hex(u)), u).rejects.toEqual(code('invalid-argument'))
  })

  test.each(nistCurves)(
    '%s: a point off the curve, at infinity, compressed or of another curve is refused',
    async (curve) => {
      const own = await EcdhKey.generate(curve, crypto)
      const { publicKey } = await EcdhKey.generate(curve, crypto)
      const offTheCurve = publicKey.with(publicKey.length - 1, publicKey.at(-1)! ^ 1)
      const compressed = Uint8Array.of(2, ...publicKey.subarray(1, (publicKey.length + 1) / 2))
      const hybrid = publicKey.with(0, 6 + (publicKey.at(-1)! & 1))
      const others = await Promise.all(
        curves.filter((other) => other !== curve).map(async (other) => (await EcdhKey.generate(other)).publicKey),
      )
      const zeros = publicKey.map((_, i) => (i === 0 ? 4 : 0))
      for (const wrong of [offTheCurve, compressed, hybrid, zeros, Uint8Array.of(0), new Uint8Array(0), ...others]) {
        await expect(own.sharedSecret(wrong)).rejects.toEqual(code('invalid-argument'))
      }
    },
  )

  test.each(curves)('%s: a private key of another length is refused', async (curve) => {
    const { publicKey } = await EcdhKey.generate(curve, crypto)
    for (const length of [0, 31, 33, 67]) {
      const refusal = EcdhKey.fromPrivate(curve, Secret.take(new Uint8Array(length).fill(1)), publicKey, crypto)
      await expect(refusal).rejects.toEqual(code('invalid-argument'))
    }
  })
})

// A million rounds end in 7c3911e0ab2586fd…; a thousand take long enough.
test('X25519: RFC 7748 §5.2, a thousand rounds', async () => {
  let [k, u] = [hex('09'.padEnd(64, '0')), hex('09'.padEnd(64, '0'))]
  for (let i = 0; i < 1_000; i++) {
    const next = await multiply(toHex(k), toHex(u), globalThis.crypto)
    ;[k, u] = [next, k]
    if (i === 0) expect(toHex(k)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079')
  }
  expect(toHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51')
})

test('X25519 works where WebCrypto lacks it; other curves say what is missing', async () => {
  const own = await EcdhKey.generate('X25519', withoutX25519())
  const other = await EcdhKey.generate('X25519')
  expect((await own.sharedSecret(other.publicKey)).reveal()).toEqual((await other.sharedSecret(own.publicKey)).reveal())
  for (const u of smallOrder) await expect(own.sharedSecret(hex(u))).rejects.toEqual(code('invalid-argument'))
  await expect(EcdhKey.generate('P-256', withoutX25519())).rejects.toEqual(code('unsupported'))
})

// Wycheproof, ecdh_secp256r1_webcrypto_test.json, tcId 2: the points with x = 0 are of full order, like all of these curves.
test('P-256: zeros are a secret like any other', async () => {
  const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'base64url'))
  const own = Uint8Array.of(
    4,
    ...text('dGGMuq9p_1kPX7WFUc5KlItcclHUDllaGLG6a77mraU'),
    ...text('v_QDqOmdU6cNPORhC_0F1Lo6iFW2oNNjyB99B4zezZI'),
  )
  const theirs = Uint8Array.of(
    4,
    ...text('WP1BaKh3lWA-KwQ5AoW9ym5X3mAn_iEd2dJeIhLSnmI'),
    ...text('CA02vSJNdAVQkpXu0CoXFQ4DsxT5baN0RbDR0pN30Sw'),
  )
  const privateKey = Secret.take(text('Cg1iKkfkj2vBA4rOQ4xvUoqgCtK9HaXxPuRr9fYz1xo'))
  const key = await EcdhKey.fromPrivate('P-256', privateKey, own)
  expect((await key.sharedSecret(theirs)).reveal()).toEqual(new Uint8Array(32))
})

test('X25519: a secret of zeros is refused on a platform that does not look', async () => {
  const { subtle } = globalThis.crypto
  const careless = {
    generateKey: subtle.generateKey.bind(subtle),
    exportKey: subtle.exportKey.bind(subtle),
    importKey: subtle.importKey.bind(subtle),
    deriveBits: async () => new ArrayBuffer(32),
  }
  const own = await EcdhKey.generate('X25519', { subtle: careless } as unknown as WebCrypto)
  const { publicKey } = await EcdhKey.generate('X25519')
  await expect(own.sharedSecret(publicKey)).rejects.toEqual(code('invalid-argument'))
})

test('an unknown curve, an info that is text, and lengths that HKDF has not are refused', async () => {
  await expect(EcdhKey.generate('P-192' as EcdhCurve)).rejects.toEqual(code('invalid-argument'))
  const own = await EcdhKey.generate('X25519')
  for (const options of [{ info: 'text' as never }, { length: 15 }, { length: 16_321 }, { length: 32.5 }]) {
    const refusal = diffieHellman(own, own.publicKey, { info, length: 32, primitives, ...options })
    await expect(refusal).rejects.toEqual(code('invalid-argument'))
  }
})

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** X25519(scalar, u): RFC 7748 §5. Its public half is not asked for. */
async function multiply(scalar: string, u: string, crypto: WebCrypto): Promise<Uint8Array> {
  const key = await EcdhKey.fromPrivate('X25519', Secret.take(hex(scalar)), new Uint8Array(32), crypto)
  return (await key.sharedSecret(hex(u))).reveal()
}

const jwk = (curve: EcdhCurve, key: Uint8Array): Record<string, string> => {
  const text = (from: number, to?: number): string => Buffer.from(key.subarray(from, to)).toString('base64url')
  const half = (key.length + 1) / 2
  return curve === 'X25519'
    ? { kty: 'OKP', crv: curve, x: text(0) }
    : { kty: 'EC', crv: curve, x: text(1, half), y: text(half) }
}

const publicKeyOf = (curve: EcdhCurve, key: Uint8Array): KeyObject =>
  createPublicKey({ key: jwk(curve, key), format: 'jwk' })

function rawOf(curve: EcdhCurve, key: KeyObject): Uint8Array {
  const { x, y } = key.export({ format: 'jwk' })
  const bytes = (text: string | undefined): Buffer => Buffer.from(text!, 'base64url')
  return new Uint8Array(curve === 'X25519' ? bytes(x) : Buffer.concat([Uint8Array.of(4), bytes(x), bytes(y)]))
}
