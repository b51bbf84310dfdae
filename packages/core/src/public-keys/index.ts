export type { PublicJwk } from './jwk.ts'
export { publicKeyJwk } from './jwk.ts'
export { type Kem, type KemName, kemById, kems } from './kems.ts'
export {
  generateRecipientKeyPair,
  hpkeKeyPair,
  type KeyPairType,
  type RecipientKeyPair,
  recipientKeyPair,
} from './key-pair.ts'
export {
  type HpkePublicKey,
  hpkePublicKey,
  type RecipientPublicKey,
  type RsaBits,
  type RsaPublicKey,
  rsaPublicKey,
  samePublicKey,
} from './public-key.ts'
export { readPublicKey } from './read.ts'
export { publicKeyPem } from './spki-pem.ts'
export { publicKeyText } from './text-form.ts'
