export * from '@kms/core'
export {
  encryptedLength,
  generateRecipientKeyPair,
  type Inspection,
  inspect,
  type KeyPairType,
  openEnvelope,
  type PublicJwk,
  passwordOpener,
  passwordRecipient,
  publicKeyJwk,
  publicKeyPem,
  publicKeyText,
  type RecipientKeyPair,
  type RecipientPublicKey,
  readPublicKey,
  recipientKeyPair,
  sealEnvelope,
  textLength,
} from '@kms/core/envelope'
export { LastSeenFile, type LastSeenFileOptions } from './access/last-seen-file.ts'
export { parseAddress, type StoreAddress } from './address.ts'
export { type Backend, backendParts } from './backend.ts'
export { createHybridKeySlots } from './crypto/hybrid-key-slots.ts'
export { createNativeKeySlots } from './crypto/native-key-slots.ts'
export { createNativePrimitives } from './crypto/native-primitives.ts'
export { writeFileAtomically } from './files/atomic-write.ts'
export { fileError } from './files/failures.ts'
export { NewFile, type NewFileOptions } from './files/new-file.ts'
export { type OpenPiecesOptions, openPieces, type SealPiecesOptions, sealPieces } from './files/pieces.ts'
export { type FileOptions, openFile, readPieces, sealFile } from './files/seal-file.ts'
export { createSecretFile, readSecretFile } from './files/secret-file.ts'
export { type CreateStoreOptions, Kms, type OpenStoreOptions } from './kms.ts'
export { type EnvironmentRootOptions, environmentRoot } from './roots/environment.ts'
export { type KeyFileOptions, keyFileRoot } from './roots/key-file.ts'
export { SqliteStore, type SqliteStoreOptions } from './store/sqlite/sqlite-store.ts'
