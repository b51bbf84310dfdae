import { describe, expect, test } from 'vitest'
import {
  fromText,
  generateKeyPackage,
  hpkePublicKey,
  type KeyPackage,
  keyOpener,
  keyRecipient,
  newestVersion,
  openEnvelope,
  openKeyPackage,
  packagedKeyPairs,
  packagedSigner,
  passwordOpener,
  passwordRecipient,
  rootKeyHolder,
  sealEnvelope,
  sealKeyPackage,
  sealSigned,
  wipePackage,
} from '../../src/envelope.ts'
import { noContext, type Recipient, Secret } from '../../src/index.ts'
import { primitives, slots } from '../envelope/backend.ts'
import { fromHex, openersOf, toHex, vectors } from '../store/vectors.ts'

const parts = { primitives, slots }
const holder = rootKeyHolder(Secret.take(new Uint8Array(32).fill(9)), primitives)
const recipients = [keyRecipient(holder, { primitives })]
const openers = [keyOpener(holder, { primitives })]
const to = '00112233445566778899aabbccddeeff'

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const generate = (purpose: 'sign' | 'agree' | 'transport', spec: string): Promise<KeyPackage> =>
  generateKeyPackage({ name: 'alice', purpose, spec, by: 'tests', time: 1_790_000_000_000 })

/** A package as an object that can be compared. */
const shown = ({ versions, ...of }: KeyPackage): object => ({
  ...of,
  versions: versions.map((version) => ({
    ...version,
    publicKey: toHex(version.publicKey),
    material: toHex(version.material.reveal()),
  })),
})

describe('a key package of the vectors', () => {
  test.each(vectors.keyPackages)(
    '$comment: $result [C-62] [C-63] [C-64] [C-65] [C-66] [C-67] [C-69]',
    async (vector) => {
      const sent = vector.sent && { to: vector.sent.to, from: vector.sent.from.map(fromHex) }
      const options = { openers: openersOf(vector, primitives, slots), ...parts, ...(sent && { sent }) }
      const opening = openKeyPackage(fromText(vector.envelope), options)
      expect(await codeOf(() => opening)).toBe(vector.result === 'valid' ? 'no error' : vector.result)
      if (vector.result !== 'valid') return
      const { package: opened, signer } = await opening
      const { signer: _, versions, ...fields } = vector.fields
      const materials = vector.materials
      expect(shown(opened)).toEqual({
        ...fields,
        versions: versions.map((version, i) => ({
          ...version,
          publicKey: toHex(fromText(version.publicKey as string)),
          material: materials[i],
        })),
      })
      expect(vector.signer.endsWith(toHex(signer.publicKey))).toBe(true)
      if (opened.purpose === 'sign') await packagedSigner(opened, {})
      if (opened.purpose === 'agree') expect(await packagedKeyPairs(opened)).toHaveLength(1)
    },
  )

  test('is written as they have it, where the signature is the same every time [C-62]', async () => {
    const vector = vectors.keyPackages[0] as (typeof vectors.keyPackages)[number]
    const { package: opened } = await openKeyPackage(fromText(vector.envelope), {
      openers: openersOf(vector, primitives, slots),
      ...parts,
    })
    const envelope = await sealKeyPackage(opened, { recipients, ...parts })
    const plaintext = await openEnvelope(envelope, { content: 2, openers, context: noContext, ...parts })
    expect(toHex(plaintext)).toBe(vector.plaintext)
  })
})

const specs = [
  ['sign', 'ed25519'],
  ['sign', 'p-256'],
  ['agree', 'x25519'],
  ['agree', 'p-256'],
  ['agree', 'x-wing'],
  ['transport', 'rsa-2048'],
] as const

describe.each(specs)('a key pair to %s, %s', (purpose, spec) => {
  test('comes out of its package as it went in, and works [C-65]', async () => {
    const made = await generate(purpose, spec)
    const envelope = await sealKeyPackage(made, { recipients, ...parts })
    const { package: opened } = await openKeyPackage(envelope, { openers, ...parts })
    expect(shown(opened)).toEqual(shown(made))
    if (purpose === 'sign') {
      const signer = await packagedSigner(opened, {})
      expect(signer.publicKey).toEqual(newestVersion(made).publicKey)
      expect(await codeOf(() => packagedKeyPairs(opened))).toBe('invalid-argument')
    } else {
      expect((await packagedKeyPairs(opened))[0]?.publicKey.bytes).toEqual(newestVersion(made).publicKey)
      expect(await codeOf(() => packagedSigner(opened, {}))).toBe('invalid-argument')
    }
    const secret = toHex(newestVersion(made).material.reveal())
    expect(toHex(envelope)).not.toContain(secret.slice(-64))
    wipePackage(opened)
    expect(newestVersion(opened).material.length).toBe(0)
  })
})

test('a package opens with its password and no other, and is refused with any byte changed', async () => {
  const made = await generate('sign', 'ed25519')
  const right = Secret.fromPassword('correct horse battery staple')
  const wrong = Secret.fromPassword('incorrect horse')
  const envelope = await sealKeyPackage(made, { recipients: [passwordRecipient(right, { primitives })], ...parts })
  const open = (password: Secret): Promise<unknown> =>
    openKeyPackage(envelope, { openers: [passwordOpener(password, { primitives })], ...parts })
  expect(await codeOf(() => open(right))).toBe('no error')
  expect(await codeOf(() => open(wrong))).toBe('authentication-failed')
  const toKey = await sealKeyPackage(made, { recipients, ...parts })
  for (let at = 0; at < toKey.length; at++) {
    const changed = toKey.slice()
    changed[at] = (changed[at] as number) ^ 1
    expect(await codeOf(() => openKeyPackage(changed, { openers, ...parts })), `byte ${at}`).not.toBe('no error')
  }
})

test('a package that is kept is never sealed to what others could seal to [C-66]', async () => {
  const made = await generate('agree', 'x25519')
  const stranger: Recipient = { kind: 3, wrap: () => Promise.resolve(new Uint8Array(98)) }
  expect(await codeOf(() => sealKeyPackage(made, { recipients: [...recipients, stranger], ...parts }))).toBe(
    'invalid-argument',
  )
})

test('a package that is sent says from whom, to nobody but whom it is for [C-67]', async () => {
  const from = await packagedSigner(await generate('sign', 'p-256'), {})
  const other = await packagedSigner(await generate('sign', 'p-256'), {})
  const made = await generate('agree', 'x25519')
  const envelope = await sealKeyPackage(made, { recipients, sent: { to, from }, ...parts })
  const open = (by: typeof from, for_ = to): Promise<unknown> =>
    openKeyPackage(envelope, { openers, sent: { to: for_, from: [by] }, ...parts })
  expect(await codeOf(() => open(from))).toBe('no error')
  expect(await codeOf(() => open(other))).toBe('authentication-failed')
  expect(await codeOf(() => open(from, to.replace('0', '1')))).toBe('authentication-failed')
  expect(await codeOf(() => open(from, 'bob'))).toBe('invalid-argument')
  expect(await codeOf(() => openKeyPackage(envelope, { openers, ...parts }))).toBe('authentication-failed')
})

test('signed data is no key package', async () => {
  const made = await generate('sign', 'ed25519')
  const from = await packagedSigner(made, {})
  const kept = await sealKeyPackage(made, { recipients, ...parts })
  const plaintext = await openEnvelope(kept, { content: 2, openers, context: noContext, ...parts })
  // The owner can be made to sign data that looks like a package. Its signature is of another content.
  const signed = await sealSigned(plaintext.subarray(84), { from, recipients, context: noContext, ...parts })
  const inner = await openEnvelope(signed, { content: 5, openers, context: noContext, ...parts })
  const forged = await sealEnvelope(inner, { content: 2, recipients, context: noContext, ...parts })
  expect(await codeOf(() => openKeyPackage(forged, { openers, ...parts }))).toBe('authentication-failed')
})

test('a package is 1 MiB at most, and has no version without material [C-63] [C-68]', async () => {
  const made = await generate('agree', 'x25519')
  const version = newestVersion(made)
  const seal = (versions: KeyPackage['versions']): Promise<Uint8Array> =>
    sealKeyPackage({ ...made, versions }, { recipients, ...parts })
  expect(await codeOf(() => seal([]))).toBe('invalid-argument')
  expect(await codeOf(() => seal(Array(256).fill(version)))).toBe('invalid-argument')
  expect(await codeOf(() => seal([{ ...version, material: Secret.take(new Uint8Array(0)) }]))).toBe('invalid-argument')
  const many = await seal(Array(255).fill(version))
  expect((await openKeyPackage(many, { openers, ...parts })).package.versions).toHaveLength(255)
  const large = Array(20).fill({ ...version, material: Secret.take(new Uint8Array(0xffff).fill(1)) })
  expect(await codeOf(() => seal(large))).toBe('limit-exceeded')
  const content = { content: 2, context: noContext, recipients, ...parts } as const
  const long = await sealEnvelope(new Uint8Array(2 ** 20 + 85), content)
  expect(await codeOf(() => openKeyPackage(long, { openers, ...parts }))).toBe('limit-exceeded')
})

test('halves that do not belong together are refused', async () => {
  for (const [purpose, spec] of specs) {
    const [one, other] = [await generate(purpose, spec), await generate(purpose, spec)]
    const mixed = { ...one, versions: [{ ...newestVersion(one), publicKey: newestVersion(other).publicKey }] }
    const use = (): Promise<unknown> => (purpose === 'sign' ? packagedSigner(mixed, {}) : packagedKeyPairs(mixed))
    expect(await codeOf(use), spec).toBe('invalid-argument')
  }
})

test('what sort of pair it makes is asked for by name', async () => {
  expect(await codeOf(() => generate('sign', 'x25519'))).toBe('invalid-argument')
  expect(await codeOf(() => generate('agree', '__proto__'))).toBe('invalid-argument')
  const future = { ...(await generate('sign', 'ed25519')), spec: 'ed448' }
  expect(await codeOf(() => packagedSigner(future, {}))).toBe('unsupported')
  const made = await generate('agree', 'x25519')
  expect((await hpkePublicKey('X25519', newestVersion(made).publicKey)).fingerprint).toHaveLength(16)
})
