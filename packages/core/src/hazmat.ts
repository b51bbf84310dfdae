// Algorithms and key slots without the rules that keep their use safe. Prefer `Kms`.

export { type DiffieHellmanKey, type DiffieHellmanOptions, diffieHellman } from './crypto/diffie-hellman.ts'
export { type EcdhCurve, EcdhKey } from './crypto/ecdh-key.ts'
export type { Argon2idCost, ScryptCost } from './crypto/primitives.ts'
export { platformRandom, poolLength, type RandomFill, SaltPool } from './crypto/salt-pool.ts'
export {
  type Argon2idOptions,
  argon2id,
  createWasmKeySlots,
  createWasmPrimitives,
  scrypt,
  type WasmKeySlotsOptions,
  type WasmPrimitives,
} from './crypto/wasm/index.ts'
export { type HkdfOptions, hkdf } from './derivation/hkdf.ts'
export { type RsaOaepOptions, rsaOaepDecrypt, rsaOaepEncrypt } from './key-pairs/rsa-oaep.ts'
