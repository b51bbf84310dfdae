export type { AuditEvent, Warning } from './access/environment.ts'
export {
  type LastSeen,
  type LastSeenState,
  memoryLastSeen,
  newest,
  replaced,
  type SeenHead,
} from './access/last-seen.ts'
export type { Grant, RingInfo } from './access/ring-administration.ts'
export type { ClockStanding, RingClock } from './access/ring-clock.ts'
export type { Root } from './access/root.ts'
export type { RootInfo } from './access/root-administration.ts'
export { keyRoot } from './access/roots/key.ts'
export { type PasswordRootOptions, passwordRoot } from './access/roots/password.ts'
export type { SessionInfo } from './access/sessions.ts'
export type { Finding } from './audit/diagnosis.ts'
export type { KeySlots, MessageKey, Slot, Suite } from './crypto/key-slots.ts'
export type {
  Aead,
  AeadCipher,
  Argon2idCost,
  AsideCipher,
  DerivationOptions,
  Hash,
  Hasher,
  HeaderRewrapper,
  Primitives,
  ScryptCost,
} from './crypto/primitives.ts'
export type { Signer } from './crypto/signing.ts'
export type { VerificationKey } from './crypto/verification-key.ts'
export type { SignsMany, VerifiesNow } from './crypto/web-crypto.ts'
export { type DeriveKeyOptions, deriveKey, newKeyParams } from './derivation/derive-key.ts'
export { type DerivedPurpose, type DeriveKeysOptions, deriveKeys } from './derivation/derive-keys.ts'
export {
  type HashPasswordOptions,
  hashPassword,
  loginLimits,
  type VerifiedPassword,
  type VerifyPasswordOptions,
  verifyPassword,
} from './derivation/password-hash.ts'
export type { ReceivedKey, ReceiveOptions } from './distribution/receive.ts'
export type { CertificateCheck, CertifiedRecipient, RecipientByFingerprint, SendTo } from './distribution/recipient.ts'
export type { SendOptions, SentKey } from './distribution/send.ts'
export { type Context, noContext } from './envelope/context.ts'
export type { PasswordKdf, PasswordKdfName } from './envelope/password-kdfs.ts'
export type { Opener, Recipient, Stanza } from './envelope/recipient.ts'
export type { RewrapOptions, Rewrapped } from './envelope/rewrap.ts'
export type { Signed } from './envelope/signed-data.ts'
export {
  type ErrorCode,
  type ErrorDetails,
  type ErrorEntry,
  type ErrorKind,
  errorCodes,
  errorEntry,
  KmsError,
} from './errors.ts'
export { type FernetKeyFile, type FernetOptions, readFernetKeyFile, writeFernetKeyFile } from './fernet/key-file.ts'
export type { IncidentInfo } from './incidents/incident-info.ts'
export type { AffectedKey, AffectedVersion, IncidentPlan } from './incidents/incident-plan.ts'
export type { IncidentScope } from './incidents/incident-scope.ts'
export { type IncidentTrigger, incidentTriggers } from './incidents/incident-triggers.ts'
export type { DeclareOptions, Incidents } from './incidents/incidents.ts'
export type { PrivateKeyForm, PrivateKeyJwk } from './key-pairs/private-key-forms.ts'
export type { PublicKeyForm, PublicKeyForms, PublicKeyJwk } from './key-pairs/public-key-forms.ts'
export type { SignatureForm } from './key-pairs/verify.ts'
export type { Distribution } from './keys/distributions.ts'
export type { KeyToCreate } from './keys/key-batch.ts'
export type { ChangeOptions } from './keys/key-changes.ts'
export type { CreateKeyOptions, ImportKeyOptions } from './keys/key-creation.ts'
export type { ExportToRecipients, ExportUnderPassword } from './keys/key-export.ts'
export type { KeyInfo, VersionInfo } from './keys/key-info.ts'
export type { CreatedKey, CreateManyOptions } from './keys/many-keys.ts'
export { type Ceiling, ceilingAt, type Profile, type ProfileName, profiles } from './keys/profiles.ts'
export type { PolicyOptions } from './keys/rotation-policy.ts'
export type { DestroyOptions, Retirement, WithCopies } from './keys/version-transitions.ts'
export { KeyAdministration, type VersionPublicKey } from './kms/key-administration.ts'
export { Kms } from './kms/kms.ts'
export type {
  CreateOptions,
  EncryptUnder,
  KmsInfo,
  KmsParts,
  OpenOptions,
  ReencryptUnder,
  Under,
} from './kms/kms-options.ts'
export type { AsRecipient, FromSigners, RecipientForm, ToRecipients } from './kms/messages.ts'
export type { VerificationKeyForm } from './public-keys/verification-key-forms.ts'
export type { RotateOptions } from './rotation/begin.ts'
export type { DueItem, FailedAttempts } from './rotation/due-items.ts'
export type { WorkOptions, WorkReport } from './rotation/due-work.ts'
export type { RotationInfo } from './rotation/rotation-info.ts'
export { type RotationStanding, type RotationStep, rotationSteps } from './rotation/rotation-steps.ts'
export type { Rotations } from './rotation/rotations.ts'
export { constantTimeEqual, Secret } from './secret.ts'
export type { DigestedData, Digesting } from './signatures/digest.ts'
export { signatureFileKey } from './signatures/signature-file.ts'
export {
  type SignatureFileVerification,
  type VerifySignatureFileOptions,
  type VerifySignatureOptions,
  verifySignature,
  verifySignatureFile,
} from './signatures/verify-signature.ts'
export { type KdfSpec, kdfSpecs } from './specs/kdf-specs.ts'
export { type KeyPurpose, keyPurposes } from './specs/key-purposes.ts'
export { deprecatedPurposes, type KeySpecEntry, type KeySpecName, keySpecs } from './specs/key-specs.ts'
export type { SpecStatus } from './specs/status.ts'
export { type StorageSpec, storageSpecs } from './specs/storage-specs.ts'
export { type VersionState, versionStates } from './specs/version-states.ts'
export { checkCommit, checkIds, checkList } from './store/check-arguments.ts'
export {
  type Commit,
  type CommitResult,
  type KeyStore,
  type LogAppend,
  logEntryId,
  type RecordClass,
  recordClass,
  type StoredRecord,
  storeLimits,
} from './store/key-store.ts'
export { MemoryStore } from './store/memory.ts'
export { parseVersionLabel, versionLabel } from './store/version-number.ts'
export type { KeyUsage, LateSealer, VersionUsage } from './usage/key-usage.ts'
export type { AgreedKey, AgreementKey, AgreeOptions } from './use/agreement-key.ts'
export type { ItemResult, OpenItem, SealItem } from './use/batch.ts'
export type { BoundKey } from './use/bound-key.ts'
export type { ColumnCodec, ColumnOptions, ColumnType, ColumnTypes } from './use/column.ts'
export type { DerivationKey, DerivedKey, DeriveOptions } from './use/derivation-key.ts'
export type { EncryptionKey, IndexOptions } from './use/encryption-key.ts'
export type { HandlesByUse, KeyUseName, SealingChoice, UseOptions } from './use/handles.ts'
export type { RewrapUnder } from './use/key-use.ts'
export type { MacKey, MacVerification, MacVerifyOptions } from './use/mac-key.ts'
export type { EnvelopeToRewrap, RewrapOutcome } from './use/many-rewraps.ts'
export type { MadeSignature, SignatureKey, SignOptions } from './use/signature-key.ts'
export type { SignatureVerification, SignatureVerifier, VerifyOptions } from './use/signature-verifier.ts'
export type { TransportedKey, TransportKey } from './use/transport-key.ts'
export type { GivenMaterial } from './versions/given-material.ts'
