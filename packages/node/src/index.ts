export * from '@kms/core'
export {
  encryptedLength,
  type GenerateOptions,
  generateKeyPackage,
  generateRecipientKeyPair,
  type Inspection,
  inspect,
  type KeyPackage,
  type KeyPairType,
  newestVersion,
  openEnvelope,
  openKeyPackage,
  openSigned,
  type PublicJwk,
  packagedKeyPairs,
  packagedSigner,
  passwordOpener,
  passwordRecipient,
  publicKeyJwk,
  publicKeyPem,
  publicKeyText,
  type RecipientKeyPair,
  type RecipientPublicKey,
  readPublicKey,
  readVerificationKey,
  recipientKeyPair,
  sealEnvelope,
  sealKeyPackage,
  sealSigned,
  textLength,
  type VerificationJwk,
  verificationKeyJwk,
  verificationKeyPem,
  verificationKeyText,
  wipePackage,
} from '@kms/core/envelope'
export { LastSeenFile, type LastSeenFileOptions } from './access/last-seen-file.ts'
export { parseAddress, type StoreAddress } from './address.ts'
export { type Backend, type BackendParts, backendParts } from './backend.ts'
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
