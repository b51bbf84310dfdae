export { type BackupStart, type ReadBackupOptions, readBackup } from '../backup/read-backup.ts'
export type { SignatureAlgorithm } from '../crypto/signature-algorithms.ts'
export { generateSigningKey, type Signer, SigningKey } from '../crypto/signing.ts'
export { signerFingerprint, type VerificationKey } from '../crypto/verification-key.ts'
export {
  readVerificationKey,
  type VerificationJwk,
  type VerificationKeyForm,
  verificationKeyJwk,
  verificationKeyPem,
  verificationKeyText,
} from '../crypto/verification-key-forms.ts'
export * from '../key-packages/index.ts'
export * from '../public-keys/index.ts'
export { BlindIndex, indexLengths, prepareBlindIndex } from './blind-index.ts'
export {
  type BegunOpening,
  chunkLength,
  chunkNonce,
  MessageCipher,
  prefixLength,
  saltLength,
  sealedChunkLength,
  tagLength,
} from './body.ts'
export { Census, type CensusRow } from './census.ts'
export {
  finishHeader,
  freshContentKey,
  type OpenContentKeyOptions,
  openContentKey,
  writeHeader,
} from './content-key.ts'
export { boundRoom, type Context, canonicalContext, canonicalLimit, noContext, writeBound } from './context.ts'
export { DeterministicKey, type DeterministicKeyOptions, prepareDeterministicKey } from './deterministic.ts'
export {
  type BegunSealing,
  beginOpening,
  beginSealing,
  longestStart,
  type OpenOptions,
  openEnvelope,
  type SealOptions,
  sealEnvelope,
} from './envelope.ts'
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
} from './header.ts'
export {
  type InspectedRecipient,
  type Inspection,
  type InspectOptions,
  inspect,
  inspectRecipient,
  type Named,
} from './inspect.ts'
export {
  checkInfo,
  deterministicInfo,
  fingerprintInfo,
  indexInfo,
  keyIdInfo,
  passwordInfo,
  sealInfo,
  wrapInfo,
} from './labels.ts'
export { encryptedLength, externalRecipientLength, plaintextLength, recipientLengths, textLength } from './lengths.ts'
export { type OpenLimits, openLimits, passwordRecipientLimit, wholeMessageLimit } from './limits.ts'
export { MessageOpener, MessageSealer } from './message.ts'
export type { PasswordKdf, PasswordKdfName } from './password-kdfs.ts'
export { openPieces, type PieceOptions, sealPieces } from './pieces.ts'
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
} from './preamble.ts'
export {
  type OpenWithKeyOptions,
  openRandomAccess,
  type RandomAccess,
  type RandomAccessOptions,
  type RandomAccessSource,
} from './random-access.ts'
export type { Opener, Recipient, Stanza } from './recipient.ts'
export { type Kdf, type RecipientFields, readRecipient } from './recipient-layouts.ts'
export {
  type ExternalOptions,
  type ExternalProvider,
  type ExternalRecipient,
  externalOpener,
  externalRecipient,
  type GeneratedZ,
  type ProviderCallOptions,
} from './recipients/external.ts'
export type { ExternalZLimits } from './recipients/external-z.ts'
export { hpkeOpener, hpkeRecipient } from './recipients/hpke.ts'
export { type KeyHolder, keyOpener, keyRecipient, rootKeyHolder, slotHolder } from './recipients/key.ts'
export { paddingRecipient } from './recipients/padding.ts'
export {
  type PasswordOpenerOptions,
  type PasswordRecipientOptions,
  passwordOpener,
  passwordRecipient,
} from './recipients/password.ts'
export { keyPairOpener, publicKeyRecipient } from './recipients/public-key.ts'
export { type RsaOaepOptions, rsaOaepOpener, rsaOaepRecipient } from './recipients/rsa-oaep.ts'
export {
  type BoundRecordKey,
  noMatchingKey,
  prepareRecordKey,
  type RecordKey,
  type RecordKeyOptions,
  recordHeader,
  recordTextPrefix,
  sealedBy,
} from './record.ts'
export { type RewrapOptions, type Rewrapped, rewrapHeader } from './rewrap.ts'
export { hedgedSalt, streamSalt } from './salts.ts'
export {
  type OpenSignedOptions,
  openSigned,
  type SealSignedOptions,
  type Signed,
  sealSigned,
  signedDataLimit,
} from './signed-data.ts'
export { blobSource } from './sources/blob.ts'
export { type HttpSourceOptions, httpSource } from './sources/http.ts'
export { openStream, sealStream } from './streams.ts'
export { fromText, textPattern, toText } from './text.ts'
export { formatUuid, parseUuid } from './uuid.ts'
export { prepareVersionKey, VersionKey, type VersionKeyOptions, versionKeySlots } from './version-key.ts'
