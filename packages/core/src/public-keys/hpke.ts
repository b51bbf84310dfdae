import type { CipherSuite, Key } from 'hpke'
import { KmsError } from '../errors.ts'
import { authenticationFailed, invalidArgument } from '../refusals.ts'
import type { KemName } from './kems.ts'
import { p256PrivateKey } from './p256-private-key.ts'

/** HPKE (RFC 9180) in base mode with one kem, HKDF-SHA-256 and AES-256-GCM. */
export interface Hpke {
  /** A key pair, both halves as HPKE serialises them. The caller wipes the private one. */
  generate(): Promise<{ readonly publicKey: Uint8Array; readonly privateKey: Uint8Array<ArrayBuffer> }>
  /**
   * RFC 9180 §6.1, SealBase.
   * @throws `invalid-argument` for a public key that is none, or that gives a shared secret of zeros
   */
  seal(
    publicKey: Uint8Array,
    info: Uint8Array,
    plaintext: Uint8Array,
    aad?: Uint8Array,
  ): Promise<{ readonly encapsulated: Uint8Array; readonly ciphertext: Uint8Array }>
  /**
   * RFC 9180 §6.1, OpenBase.
   * @throws `authentication-failed`
   */
  open(
    pair: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array },
    encapsulated: Uint8Array,
    info: Uint8Array,
    ciphertext: Uint8Array,
    aad?: Uint8Array,
  ): Promise<Uint8Array>
}

const loaded = new Map<KemName, Promise<Hpke>>()

/**
 * HPKE with a kem. The libraries are loaded when first asked for: `hpke`, over WebCrypto; for X-Wing, and for X25519 where WebCrypto lacks it,
 * `@noble/post-quantum` and `@noble/curves`. docs/decisions/hpke.md says why these.
 */
export function loadHpke(kem: KemName): Promise<Hpke> {
  let hpke = loaded.get(kem)
  if (hpke === undefined) {
    hpke = suiteOf(kem).then((suite) => overSuite(kem, suite))
    loaded.set(kem, hpke)
    hpke.catch(() => loaded.delete(kem))
  }
  return hpke
}

async function suiteOf(kem: KemName): Promise<CipherSuite> {
  const { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_P256_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } =
    await import('hpke')
  const suite = (factory: ConstructorParameters<typeof CipherSuite>[0]): CipherSuite =>
    new CipherSuite(factory, KDF_HKDF_SHA256, AEAD_AES_256_GCM) as CipherSuite
  switch (kem) {
    case 'P-256':
      return suite(KEM_DHKEM_P256_HKDF_SHA256 as never)
    case 'X25519':
      if (await hasX25519()) return suite(KEM_DHKEM_X25519_HKDF_SHA256 as never)
      return suite((await import('./noble-kems.ts')).dhkemX25519 as never)
    // Where WebCrypto has ML-KEM it calls it experimental still, and Node warns of each use on stderr.
    case 'X-Wing':
      return suite((await import('./noble-kems.ts')).xWing as never)
  }
}

async function hasX25519(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey('X25519', false, ['deriveBits'])
    return true
  } catch {
    return false
  }
}

function overSuite(kem: KemName, suite: CipherSuite): Hpke {
  // By itself hpke asks a private key of P-256 for its public half, which it has already, and Node 24 warns of that on stderr.
  const importPrivate = (publicKey: Uint8Array, privateKey: Uint8Array): Promise<Key> =>
    kem === 'P-256' ? p256PrivateKey(publicKey, privateKey) : suite.DeserializePrivateKey(privateKey, false)
  return {
    async generate() {
      const pair = await suite.GenerateKeyPair(true)
      return {
        publicKey: await suite.SerializePublicKey(pair.publicKey),
        privateKey: (await suite.SerializePrivateKey(pair.privateKey)) as Uint8Array<ArrayBuffer>,
      }
    },

    async seal(publicKey, info, plaintext, aad) {
      try {
        const key = await suite.DeserializePublicKey(publicKey)
        const options = aad === undefined ? { info } : { info, aad }
        const { encapsulatedSecret, ciphertext } = await suite.Seal(key, plaintext, options)
        return { encapsulated: encapsulatedSecret, ciphertext }
      } catch (cause) {
        throw refused(cause) ?? invalidArgument(`The public key of ${kem} is none, or a weak one.`)
      }
    },

    async open(pair, encapsulated, info, ciphertext, aad) {
      try {
        const publicKey = await suite.DeserializePublicKey(pair.publicKey)
        const privateKey = await importPrivate(pair.publicKey, pair.privateKey)
        const options = aad === undefined ? { info } : { info, aad }
        return await suite.Open({ publicKey, privateKey }, encapsulated, ciphertext, options)
      } catch (cause) {
        throw refused(cause) ?? authenticationFailed()
      }
    },
  }
}

/** What is not the fault of the key or the ciphertext. */
function refused(cause: unknown): KmsError | undefined {
  if (!(cause instanceof Error) || cause.name !== 'NotSupportedError') return undefined
  return new KmsError('unsupported', 'The WebCrypto of this platform lacks an algorithm of HPKE. Use another kem.', {
    cause,
  })
}
