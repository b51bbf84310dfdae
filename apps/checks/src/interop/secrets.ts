import { createPublicKey, randomBytes } from 'node:crypto'
import { type EcdhCurve, EcdhKey, rsaOaepDecrypt, rsaOaepEncrypt } from '@kms/core/hazmat'
import { backendParts, type Hash, type KeySpecName, type Kms, Secret } from '@kms/node'
import { decrypt, derive, encrypt, generate, hkdf, hmac, pkcs8 } from './openssl.ts'
import type { Python } from './python.ts'
import type { Results } from './results.ts'
import type { Files } from './tools.ts'

const { crypto, primitives } = backendParts()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

/** RSA-OAEP: what is sent to a key of the store, and to theirs. */
export async function checkTransport(kms: Kms, files: Files, python: Python, results: Results): Promise<void> {
  for (const spec of ['rsa-2048', 'rsa-3072', 'rsa-4096'] as const) {
    await kms.keys.create(`transports ${spec}`, { purpose: 'transport', spec })
    using key = await kms.use(`transports ${spec}`, { purpose: 'transport' })
    const pem = (await kms.keys.publicKey(`transports ${spec}`)).pem!
    const sent = new Uint8Array(randomBytes(32))
    const received = async (bytes: Uint8Array): Promise<boolean> => same((await key.unwrapKey(bytes)).reveal(), sent)
    await results.check('what OpenSSL sends is received', spec, () => received(encrypt(files, pem, sent)))
    await results.check('what cryptography sends is received', spec, async () =>
      received(await python.bytes({ what: 'encrypt', public: pem, data: hex(sent) })),
    )
    const { privatePem, publicPem } = generate(files, spec)
    const ours = await rsaOaepEncrypt(publicPem, sent, { crypto })
    await results.check('OpenSSL receives what is sent', spec, () => same(decrypt(files, privatePem, ours), sent))
    await results.check('cryptography receives what is sent', spec, async () =>
      same(await python.bytes({ what: 'decrypt', private: privatePem, data: hex(ours) }), sent),
    )
    await results.check('raw RSA-OAEP opens with a key of OpenSSL', spec, async () => {
      const privateKey = Secret.take(pkcs8(files, privatePem))
      return same((await rsaOaepDecrypt(privateKey, encrypt(files, publicPem, sent), { crypto })).reveal(), sent)
    })
  }
}

/** X25519 and ECDH: the secret that both sides have, and the key that a managed key agrees on. */
export async function checkAgreement(kms: Kms, files: Files, python: Python, results: Results): Promise<void> {
  for (const spec of ['x25519', 'p-256', 'p-384', 'p-521'] as const) {
    const theirs = generate(files, spec)
    const spki = new Uint8Array(createPublicKey(theirs.publicPem).export({ format: 'der', type: 'spki' }))
    const own = await EcdhKey.generate(spec.toUpperCase() as EcdhCurve, crypto)
    const start = spki.length - own.publicKey.length
    const ownPem = createPublicKey({
      key: Buffer.concat([spki.subarray(0, start), own.publicKey]),
      format: 'der',
      type: 'spki',
    }).export({ format: 'pem', type: 'spki' }) as string
    const secret = (await own.sharedSecret(spki.slice(start))).reveal()
    const asked = { private: theirs.privatePem, public: ownPem }
    await results.check('OpenSSL has the same secret', spec, () =>
      same(derive(files, theirs.privatePem, ownPem), secret),
    )
    await results.check('cryptography has the same secret', spec, async () =>
      same(await python.bytes({ what: 'exchange', ...asked }), secret),
    )
    await results.check('cryptography agrees with a managed key', spec, async () => {
      await kms.keys.create(`agrees ${spec}`, { purpose: 'agree', spec: spec as KeySpecName })
      using key = await kms.use(`agrees ${spec}`, { purpose: 'agree' })
      const info = new TextEncoder().encode('interop')
      const { key: agreed } = await key.agree(theirs.publicPem, { info, length: 48 })
      const pem = (await kms.keys.publicKey(`agrees ${spec}`)).pem!
      const question = { what: 'agree', private: theirs.privatePem, public: pem, data: hex(info), length: 48 }
      return same(await python.bytes(question), agreed.reveal())
    })
  }
}

/** HMAC and HKDF, byte by byte. */
export async function checkSymmetric(files: Files, python: Python, results: Results): Promise<void> {
  const [secret, salt, data] = [randomBytes(64), randomBytes(40), new Uint8Array(randomBytes(1_000))]
  const info = data.subarray(0, 100)
  for (const hash of ['SHA-256', 'SHA-384', 'SHA-512'] as const satisfies readonly Hash[]) {
    const openssl = hash.replace('-', '')
    const mac = primitives.hmac(hash, secret, data)
    await results.check('OpenSSL has the same HMAC', hash, () => same(hmac(files, openssl, hex(secret), data), mac))
    await results.check('cryptography has the same HMAC', hash, async () =>
      same(await python.bytes({ what: 'hmac', hash, secret: hex(secret), data: hex(data) }), mac),
    )
    const derived = primitives.hkdf(hash, secret, salt, info, 77)
    await results.check('OpenSSL has the same HKDF', hash, () =>
      same(hkdf(openssl, hex(secret), hex(salt), hex(info), 77), derived),
    )
    const question = { what: 'hkdf', hash, secret: hex(secret), salt: hex(salt), data: hex(info), length: 77 }
    await results.check('cryptography has the same HKDF', hash, async () => same(await python.bytes(question), derived))
  }
}
