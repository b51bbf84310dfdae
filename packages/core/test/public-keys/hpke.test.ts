import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { loadHpke } from '../../src/public-keys/hpke.ts'
import { generateRecipientKeyPair, hpkeKeyPair, kemById, kems } from '../../src/public-keys/index.ts'
import { publicKeyOf, xWing } from '../../src/public-keys/noble-kems.ts'
import { Secret } from '../../src/secret.ts'

const hex = (digits: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(digits, 'hex'))
// X-Wing takes a while on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const text = (string: string): Uint8Array => new TextEncoder().encode(string)
const vectors = <T>(file: string): readonly T[] =>
  (JSON.parse(readFileSync(new URL(`vectors/${file}.json`, import.meta.url), 'utf8')) as { vectors: T[] }).vectors

interface HpkeVector {
  readonly kem: number
  readonly info: string
  readonly skRm: string
  readonly pkRm: string
  readonly enc: string
  readonly aad: string
  readonly pt: string
  readonly ct: string
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.resetModules()
})

describe.each(vectors<HpkeVector>('hpke'))('the vectors of HPKE, kem $kem [E-57] [E-58]', (vector) => {
  const kem = kemById(vector.kem)?.name as 'P-256'
  const pair = { publicKey: hex(vector.pkRm), privateKey: hex(vector.skRm) }
  const open = async (change: (part: string, bytes: Uint8Array) => void = () => {}): Promise<Uint8Array> => {
    const parts = { enc: hex(vector.enc), info: hex(vector.info), ct: hex(vector.ct), aad: hex(vector.aad) }
    for (const [part, bytes] of Object.entries(parts)) change(part, bytes)
    return (await loadHpke(kem)).open(pair, parts.enc, parts.info, parts.ct, parts.aad)
  }

  test('open', async () => {
    expect(Buffer.from(await open()).toString('hex')).toBe(vector.pt)
  })

  test.each(['enc', 'info', 'ct', 'aad'])('do not open with another %s', async (changed) => {
    const flip = (part: string, bytes: Uint8Array): void => {
      if (part === changed) bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
    }
    await expect(open(flip)).rejects.toThrow(code('authentication-failed'))
  })

  test('give the public key from the private one', async () => {
    const { publicKey } = await hpkeKeyPair(kem, Secret.copy(pair.privateKey))
    expect(Buffer.from(publicKey.bytes).toString('hex')).toBe(vector.pkRm)
  })
})

test.each(vectors<Record<'seed' | 'pk' | 'ct' | 'ss', string>>('x-wing'))(
  'the vectors of X-Wing: seed $seed',
  async ({ seed, pk, ct, ss }) => {
    expect(Buffer.from(publicKeyOf('X-Wing', hex(seed))).toString('hex')).toBe(pk)
    const kem = xWing()
    const secret = await kem.Decap(hex(ct), await kem.DeserializePrivateKey(hex(seed), false), undefined)
    expect(Buffer.from(secret).toString('hex')).toBe(ss)
  },
)

test.each(Object.values(kems))(
  '$name seals to its public key, with lengths of the table',
  async ({ name, ...lengths }) => {
    const { publicKey, privateKey } = await generateRecipientKeyPair({ kem: name })
    expect(publicKey.bytes).toHaveLength(lengths.publicKeyLength)
    expect(privateKey).toHaveLength(lengths.privateKeyLength)
    const hpke = await loadHpke(name)
    const sealed = await hpke.seal(publicKey.bytes, text('info'), text('message'))
    expect(sealed.encapsulated).toHaveLength(lengths.encapsulatedLength)
    const pair = { publicKey: publicKey.bytes, privateKey: privateKey.reveal() }
    expect(await hpke.open(pair, sealed.encapsulated, text('info'), sealed.ciphertext)).toEqual(text('message'))
    for (const encapsulated of [sealed.encapsulated.slice().fill(0), sealed.encapsulated.subarray(1)]) {
      await expect(hpke.open(pair, encapsulated, text('info'), sealed.ciphertext)).rejects.toThrow(
        code('authentication-failed'),
      )
    }
  },
)

test('public keys that give a secret of zeros, or are no keys, are refused when something is sealed to them', async () => {
  const weak = [0, 1].map((first) => new Uint8Array(32).fill(first, 0, 1))
  for (const key of weak) {
    await expect((await loadHpke('X25519')).seal(key, text(''), text(''))).rejects.toThrow(code('invalid-argument'))
  }
  // ML-KEM's coefficients are under 3329: all ones are none (FIPS 203 §7.2).
  const none = new Uint8Array(1216).fill(255)
  await expect((await loadHpke('X-Wing')).seal(none, text(''), text(''))).rejects.toThrow(code('invalid-argument'))
  await expect((await loadHpke('P-256')).seal(new Uint8Array(65).fill(4), text(''), text(''))).rejects.toThrow(
    code('invalid-argument'),
  )
})

test('private keys that are none are refused', async () => {
  for (const [kem, bytes] of [
    ['P-256', new Uint8Array(32)],
    ['P-256', new Uint8Array(32).fill(255)],
    ['X25519', new Uint8Array(31)],
    ['X-Wing', new Uint8Array(64)],
    ['P-384', new Uint8Array(32)],
  ] as const) {
    await expect(hpkeKeyPair(kem as 'P-256', Secret.copy(bytes)), kem).rejects.toThrow(code('invalid-argument'))
  }
})

test('X25519 where WebCrypto lacks it is the same X25519', async () => {
  const native = await loadHpke('X25519')
  const generateKey = crypto.subtle.generateKey.bind(crypto.subtle)
  vi.spyOn(crypto.subtle, 'generateKey').mockImplementation(((algorithm: unknown, ...rest: [boolean, KeyUsage[]]) =>
    algorithm === 'X25519'
      ? Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'))
      : generateKey(algorithm as AlgorithmIdentifier, ...rest)) as typeof crypto.subtle.generateKey)
  vi.resetModules()
  const fallback = await (await import('../../src/public-keys/hpke.ts')).loadHpke('X25519')
  const pair = await fallback.generate()
  for (const [from, to] of [
    [fallback, native],
    [native, fallback],
    [fallback, fallback],
  ] as const) {
    const { encapsulated, ciphertext } = await from.seal(pair.publicKey, text('info'), text('message'))
    expect(await to.open(pair, encapsulated, text('info'), ciphertext)).toEqual(text('message'))
  }
  expect(crypto.subtle.generateKey).toHaveBeenCalledWith('X25519', false, ['deriveBits'])
  await expect(fallback.seal(new Uint8Array(32), text(''), text(''))).rejects.toMatchObject({
    code: 'invalid-argument',
  })
})
