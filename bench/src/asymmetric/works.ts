import { createHmac, diffieHellman, randomBytes, sign, verify } from 'node:crypto'
import { backendParts, type KeySpecName, type Kms, verifySignature } from '@kms/node'
import type { Subject, Work } from '../harness/subject.ts'
import { agreeing, barePair, signing } from './bare-pair.ts'

export const managed = 'managed key'
/** The WebCrypto object that managed keys are in. */
export const bare = 'its WebCrypto alone'
const platforms = "the platform's WebCrypto"
const synchronous = 'node:crypto, synchronously'

const message = randomBytes(64)
const own = backendParts().crypto
const objects = [
  [bare, own],
  [platforms, globalThis.crypto],
] as const

/** Signing and verifying 64 bytes. */
export async function signatureWorks(kms: Kms, spec: string): Promise<{ sign: Work; verify: Work }> {
  const [algorithm, operation, hash] = signing[spec]!
  await kms.keys.create(spec, { purpose: 'sign', spec: spec as KeySpecName })
  const key = await kms.use(spec, { purpose: 'sign' })
  const verifier = await kms.use(spec, { purpose: 'verify' })
  const pem = (await kms.keys.publicKey(spec)).pem!
  const genuine = async (signature: unknown): Promise<boolean> =>
    verifySignature(pem, signature as Uint8Array, message).then(
      () => true,
      () => false,
    )
  const made = await key.sign(message)
  const signs: Subject[] = [{ name: managed, run: () => key.sign(message), verify: genuine }]
  const verifies: Subject[] = [
    {
      name: managed,
      run: () => verifier.verify(made, message),
      verify: (is) => (is as { version?: string }).version === '1',
    },
  ]

  const pair = await barePair(spec, algorithm, own)
  for (const [name, crypto] of objects) {
    const { subtle } = crypto
    const halves = await pair.halves(crypto)
    const signature = await subtle.sign(operation, halves.privateKey, message)
    signs.push({
      name,
      run: () => subtle.sign(operation, halves.privateKey, message),
      verify: (is) => subtle.verify(operation, halves.publicKey, is as ArrayBuffer, message),
    })
    verifies.push({
      name,
      run: () => subtle.verify(operation, halves.publicKey, signature, message),
      verify: (is) => is === true,
    })
  }
  const options = {
    dsaEncoding: 'ieee-p1363',
    ...(spec.startsWith('rsa-') ? { padding: 6, saltLength: operation.saltLength! } : {}),
  } as const
  const signature = sign(hash, message, { key: pair.privateKey, ...options })
  signs.push({
    name: synchronous,
    run: () => sign(hash, message, { key: pair.privateKey, ...options }),
    verify: (is) => verify(hash, message, { key: pair.publicKey, ...options }, is as Buffer),
  })
  verifies.push({
    name: synchronous,
    run: () => verify(hash, message, { key: pair.publicKey, ...options }, signature),
    verify: (is) => is === true,
  })
  return {
    sign: { name: `sign 64 B, ${spec}`, subjects: signs },
    verify: { name: `verify 64 B, ${spec}`, subjects: verifies },
  }
}

/** A mac of 64 bytes. */
export async function macWork(kms: Kms, bits: 256 | 384 | 512): Promise<Work> {
  const spec = `hmac-${bits}` as const
  await kms.keys.create(spec, { purpose: 'mac', spec })
  const key = await kms.use(spec, { purpose: 'mac' })
  const material = randomBytes(bits / 8)
  const expected = createHmac(`sha${bits}`, material).update(message).digest()
  const isExpected = (is: unknown): boolean => expected.equals(new Uint8Array(is as ArrayBuffer))
  const subjects: Subject[] = [
    {
      name: managed,
      run: () => key.mac(message),
      verify: (is) => key.verify(is as Uint8Array, message).version === '1',
    },
  ]
  for (const [name, { subtle }] of objects) {
    const imported = await subtle.importKey('raw', material, { name: 'HMAC', hash: `SHA-${bits}` }, false, ['sign'])
    subjects.push({ name, run: () => subtle.sign('HMAC', imported, message), verify: isExpected })
  }
  const run = (): Buffer => createHmac(`sha${bits}`, material).update(message).digest()
  subjects.push({ name: synchronous, run, verify: isExpected })
  return { name: `mac of 64 B, ${spec}`, subjects }
}

/** A key agreed on with a public key that comes with each call: managed, derived from the secret; otherwise the secret alone. */
export async function agreementWork(kms: Kms, spec: string): Promise<Work> {
  const [algorithm, bits] = agreeing[spec]!
  for (const name of [`${spec} ours`, `${spec} theirs`]) {
    await kms.keys.create(name, { purpose: 'agree', spec: spec as KeySpecName })
  }
  const [ours, theirs] = [
    await kms.use(`${spec} ours`, { purpose: 'agree' }),
    await kms.use(`${spec} theirs`, { purpose: 'agree' }),
  ]
  const [oursPem, theirsPem] = [
    (await kms.keys.publicKey(`${spec} ours`)).pem!,
    (await kms.keys.publicKey(`${spec} theirs`)).pem!,
  ]
  const info = 'a bench'
  const same = (await theirs.agree(oursPem, { info })).key.reveal()
  const subjects: Subject[] = [
    {
      name: managed,
      run: () => ours.agree(theirsPem, { info }),
      verify: (is) => Buffer.compare((is as { key: { reveal(): Uint8Array } }).key.reveal(), same) === 0,
    },
  ]
  const [one, other] = [await barePair(spec, algorithm, own), await barePair(spec, algorithm, own)]
  const secret = diffieHellman({ privateKey: one.privateKey, publicKey: other.publicKey })
  const spki = other.publicKey.export({ format: 'der', type: 'spki' })
  const isSecret = (is: unknown): boolean => secret.equals(new Uint8Array(is as ArrayBuffer))
  for (const [name, crypto] of objects) {
    const { subtle } = crypto
    const { privateKey } = await one.halves(crypto)
    const run = async (): Promise<ArrayBuffer> => {
      const key = await subtle.importKey('spki', spki, algorithm, true, [])
      return subtle.deriveBits({ name: algorithm.name, public: key }, privateKey, bits)
    }
    subjects.push({ name, run, verify: isSecret })
  }
  const run = (): Buffer => diffieHellman({ privateKey: one.privateKey, publicKey: other.publicKey })
  subjects.push({ name: `${synchronous}, keys parsed before`, run, verify: isSecret })
  return { name: `agree, ${spec}`, subjects }
}
