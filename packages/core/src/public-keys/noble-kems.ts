import { x25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js'
import * as hpke from 'hpke'
import { type Kem, type KemName, kems } from './kems.ts'

// Mechanisms that WebCrypto has not, or not everywhere, for the library hpke: X-Wing, and X25519 for browsers of before 2025.

/** The public half of a private key as HPKE serialises it: WebCrypto gives it only together with the private half as text. */
export function publicKeyOf(kem: KemName, privateKey: Uint8Array): Uint8Array {
  switch (kem) {
    case 'P-256':
      return p256.getPublicKey(privateKey, false)
    case 'X25519':
      return x25519.getPublicKey(privateKey)
    case 'X-Wing':
      return ml_kem768_x25519.keygen(privateKey).publicKey
  }
}

/** A key as hpke hands it about; the bytes stay in here. */
class NobleKey implements hpke.Key {
  readonly algorithm: { readonly name: string }
  readonly type: 'public' | 'private'
  readonly extractable = true
  readonly #bytes: Uint8Array

  constructor(name: string, type: 'public' | 'private', bytes: Uint8Array) {
    this.algorithm = { name }
    this.type = type
    this.#bytes = bytes.slice()
  }

  static bytes(key: NobleKey): Uint8Array {
    return key.#bytes
  }
}

type Pair = hpke.KeyPair<NobleKey>

/** What all of them do the same: keys are bytes. `derive` is RFC 9180's DeriveKeyPair, which nothing here asks for. */
function bytesAsKeys({
  name,
  id,
  publicKeyLength,
  privateKeyLength,
  encapsulatedLength,
}: Kem): Omit<hpke.KEM<NobleKey>, 'Encap' | 'Decap'> {
  return {
    id,
    type: 'KEM',
    name,
    Nsecret: 32,
    Nenc: encapsulatedLength,
    Npk: publicKeyLength,
    Nsk: privateKeyLength,
    DeriveKeyPair: () => Promise.reject(new hpke.NotSupportedError('Key pairs are not derived here.')),
    async GenerateKeyPair(): Promise<Pair> {
      const privateKey = crypto.getRandomValues(new Uint8Array(privateKeyLength))
      const pair = {
        publicKey: new NobleKey(name, 'public', publicKeyOf(name, privateKey)),
        privateKey: new NobleKey(name, 'private', privateKey),
      }
      privateKey.fill(0)
      return pair
    },
    SerializePublicKey: async (key) => NobleKey.bytes(key).slice(),
    SerializePrivateKey: async (key) => NobleKey.bytes(key).slice(),
    DeserializePublicKey: async (bytes) => new NobleKey(name, 'public', bytes),
    DeserializePrivateKey: async (bytes) => new NobleKey(name, 'private', bytes),
  }
}

/** X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 with X25519. The library checks the encapsulation key (FIPS 203 §7.2). */
export const xWing: hpke.KEMFactory<NobleKey> = () => ({
  ...bytesAsKeys(kems['X-Wing']),
  async Encap(publicKey) {
    const { cipherText, sharedSecret } = ml_kem768_x25519.encapsulate(NobleKey.bytes(publicKey))
    return { shared_secret: sharedSecret, enc: cipherText }
  },
  Decap: async (enc, privateKey) => ml_kem768_x25519.decapsulate(enc, NobleKey.bytes(privateKey)),
})

/** DHKEM(X25519, HKDF-SHA256), RFC 9180 §4.1. The library refuses a shared secret of zeros (§7.1.4). */
export const dhkemX25519: hpke.KEMFactory<NobleKey> = () => {
  const kdf = hpke.KDF_HKDF_SHA256()
  const suite = hpke.concat(hpke.encode('KEM'), hpke.I2OSP(kems.X25519.id, 2))
  const extractAndExpand = async (dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array> => {
    const prk = await hpke.LabeledExtract(kdf, suite, new Uint8Array(0), hpke.encode('eae_prk'), dh)
    const context = hpke.concat(enc, publicKey)
    return hpke.LabeledExpand(kdf, suite, prk, hpke.encode('shared_secret'), context, 32)
  }
  return {
    ...bytesAsKeys(kems.X25519),
    async Encap(publicKey) {
      const recipient = NobleKey.bytes(publicKey)
      const ephemeral = crypto.getRandomValues(new Uint8Array(32))
      const enc = x25519.getPublicKey(ephemeral)
      const dh = x25519.getSharedSecret(ephemeral, recipient)
      ephemeral.fill(0)
      return { shared_secret: await extractAndExpand(dh, enc, recipient), enc }
    },
    async Decap(enc, privateKey) {
      const own = NobleKey.bytes(privateKey)
      const dh = x25519.getSharedSecret(own, enc)
      return extractAndExpand(dh, enc, x25519.getPublicKey(own))
    },
  }
}
