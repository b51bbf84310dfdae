export * from '@kms/core'
export {
  blobSource,
  type ExternalProvider,
  encryptedLength,
  externalOpener,
  externalRecipient,
  externalRecipientLength,
  type GenerateOptions,
  generateKeyPackage,
  generateRecipientKeyPair,
  type HttpSourceOptions,
  hpkeKeyPair,
  httpSource,
  type Inspection,
  inspect,
  type KeyPackage,
  type KeyPairType,
  keyPairOpener,
  newestVersion,
  type OpenLimits,
  openEnvelope,
  openKeyPackage,
  openSigned,
  type PublicJwk,
  packagedKeyPairs,
  packagedSigner,
  paddingRecipient,
  parseHeader,
  passwordOpener,
  passwordRecipient,
  publicKeyJwk,
  publicKeyPem,
  publicKeyRecipient,
  publicKeyText,
  type RandomAccess,
  type RandomAccessSource,
  type RecipientKeyPair,
  type RecipientPublicKey,
  readPublicKey,
  readVerificationKey,
  recipientKeyPair,
  recipientLengths,
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
export {
  type AnsweredExchange,
  answerExchange,
  type ExchangeOptions,
  type ExchangeRole,
  type ExchangeSession,
  type ExchangeSuite,
  type Peer,
  type PeerCheck,
  peerAmong,
  peerWithFingerprint,
  type StartedExchange,
  startExchange,
} from '@kms/core/exchange'
export { LastSeenFile, type LastSeenFileOptions } from './access/last-seen-file.ts'
export { parseAddress, type StoreAddress } from './address.ts'
export { type Backend, type BackendParts, backendParts } from './backend.ts'
export { createHybridKeySlots, type HybridKeySlotsOptions } from './crypto/hybrid-key-slots.ts'
export { createNativeKeySlots } from './crypto/native-key-slots.ts'
export { createNativePrimitives } from './crypto/native-primitives.ts'
export { writeFileAtomically } from './files/atomic-write.ts'
export { type CensusOptions, type CensusResult, censusPaths } from './files/census-paths.ts'
export { fileError } from './files/failures.ts'
export { fileSource } from './files/file-source.ts'
export { startFromHeaderCopy } from './files/header-copy.ts'
export { NewFile, type NewFileOptions } from './files/new-file.ts'
export {
  type AccessOptions,
  type OpenPiecesOptions,
  openPieces,
  openRandomAccess,
  openStream,
  type SealPiecesOptions,
  type StreamProgress,
  sealPieces,
  sealStream,
} from './files/pieces.ts'
export { readPieces } from './files/read-pieces.ts'
export { previewRewrap, type RewrappedFile, rewrapFile } from './files/rewrap-file.ts'
export {
  type FileOptions,
  type FileResult,
  type OpenFileOptions,
  openFile,
  type SealFileOptions,
  sealFile,
} from './files/seal-file.ts'
export { createSecretFile, readSecretFile } from './files/secret-file.ts'
export { openTransform, sealTransform } from './files/transforms.ts'
export { type CreateStoreOptions, Kms, type OpenStoreOptions } from './kms.ts'
export { type EnvironmentRootOptions, environmentRoot } from './roots/environment.ts'
export { type KeyFileOptions, keyFileRoot } from './roots/key-file.ts'
export { verifySignature, verifySignatureFile } from './signatures/verify-signature.ts'
export { SqliteStore, type SqliteStoreOptions } from './store/sqlite/sqlite-store.ts'
