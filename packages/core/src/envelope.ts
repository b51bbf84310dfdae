export { type BackupStart, type ReadBackupOptions, readBackup } from './backup/read-backup.ts'
export type { SignatureAlgorithm } from './crypto/signature-algorithms.ts'
export { generateSigningKey, type Signer, SigningKey } from './crypto/signing.ts'
export { signerFingerprint, type VerificationKey } from './crypto/verification-key.ts'
export { fromText, textPattern, toText } from './encoding/text.ts'
export { formatUuid, parseUuid } from './encoding/uuid.ts'
export { BlindIndex, indexLengths, prepareBlindIndex } from './envelope/blind-index.ts'
export {
  type BegunOpening,
  chunkLength,
  chunkNonce,
  MessageCipher,
  prefixLength,
  saltLength,
  sealedChunkLength,
  tagLength,
} from './envelope/body.ts'
export { Census, type CensusRow } from './envelope/census.ts'
export {
  finishHeader,
  freshContentKey,
  type OpenContentKeyOptions,
  openContentKey,
  writeHeader,
} from './envelope/content-key.ts'
export { boundRoom, type Context, canonicalContext, canonicalLimit, noContext, writeBound } from './envelope/context.ts'
export { DeterministicKey, type DeterministicKeyOptions, prepareDeterministicKey } from './envelope/deterministic.ts'
export {
  type BegunSealing,
  beginOpening,
  beginSealing,
  longestStart,
  type OpenOptions,
  openEnvelope,
  type SealOptions,
  sealEnvelope,
} from './envelope/envelope.ts'
export {
  encodeKeyHeader,
  encodeRecipients,
  type Header,
  type HeaderRecipient,
  headerLimit,
  type KeyHeader,
  keyHeaderLength,
  parseHeader,
  type RecipientsHeader,
} from './envelope/header.ts'
export {
  type InspectedRecipient,
  type Inspection,
  type InspectOptions,
  inspect,
  inspectRecipient,
  type Named,
} from './envelope/inspect.ts'
export {
  checkInfo,
  deterministicInfo,
  fingerprintInfo,
  indexInfo,
  keyIdInfo,
  passwordInfo,
  sealInfo,
  wrapInfo,
} from './envelope/labels.ts'
export {
  encryptedLength,
  externalRecipientLength,
  plaintextLength,
  recipientLengths,
  textLength,
} from './envelope/lengths.ts'
export { type OpenLimits, openLimits, passwordRecipientLimit, wholeMessageLimit } from './envelope/limits.ts'
export { MessageOpener, MessageSealer } from './envelope/message.ts'
export type { PasswordKdf, PasswordKdfName } from './envelope/password-kdfs.ts'
export { openPieces, type PieceOptions, sealPieces } from './envelope/pieces.ts'
export {
  type Content,
  contents,
  encodePreamble,
  type Mode,
  modes,
  type Preamble,
  parsePreamble,
  preambleLength,
  suites,
} from './envelope/preamble.ts'
export {
  type OpenWithKeyOptions,
  openRandomAccess,
  type RandomAccess,
  type RandomAccessOptions,
  type RandomAccessSource,
} from './envelope/random-access.ts'
export type { Opener, Recipient, Stanza } from './envelope/recipient.ts'
export { type Kdf, type RecipientFields, readRecipient } from './envelope/recipient-layouts.ts'
export {
  type ExternalOptions,
  type ExternalProvider,
  type ExternalRecipient,
  externalOpener,
  externalRecipient,
  type ProviderCallOptions,
} from './envelope/recipients/external.ts'
export type { ExternalZLimits, GeneratedZ } from './envelope/recipients/external-z.ts'
export { hpkeOpener, hpkeRecipient } from './envelope/recipients/hpke.ts'
export { type KeyHolder, keyOpener, keyRecipient, rootKeyHolder, slotHolder } from './envelope/recipients/key.ts'
export { paddingRecipient } from './envelope/recipients/padding.ts'
export {
  type PasswordOpenerOptions,
  type PasswordRecipientOptions,
  passwordOpener,
  passwordRecipient,
} from './envelope/recipients/password.ts'
export { keyPairOpener, publicKeyRecipient } from './envelope/recipients/public-key.ts'
export { type RsaOaepOptions, rsaOaepOpener, rsaOaepRecipient } from './envelope/recipients/rsa-oaep.ts'
export {
  type BoundRecordKey,
  noMatchingKey,
  prepareRecordKey,
  type RecordKey,
  type RecordKeyOptions,
  recordHeader,
  recordTextPrefix,
  sealedBy,
} from './envelope/record.ts'
export { type RewrapOptions, type Rewrapped, rewrapHeader } from './envelope/rewrap.ts'
export { hedgedSalt, streamSalt } from './envelope/salts.ts'
export {
  type OpenSignedOptions,
  openSigned,
  type SealSignedOptions,
  type Signed,
  sealSigned,
  signedDataLimit,
} from './envelope/signed-data.ts'
export { blobSource } from './envelope/sources/blob.ts'
export { type HttpSourceOptions, httpSource } from './envelope/sources/http.ts'
export { openStream, sealStream } from './envelope/streams.ts'
export { prepareVersionKey, VersionKey, type VersionKeyOptions, versionKeySlots } from './envelope/version-key.ts'
export * from './key-packages/index.ts'
export * from './public-keys/index.ts'
export {
  readVerificationKey,
  type VerificationJwk,
  type VerificationKeyForm,
  verificationKeyJwk,
  verificationKeyPem,
  verificationKeyText,
} from './public-keys/verification-key-forms.ts'
