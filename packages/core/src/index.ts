export type { Root } from './access/root.ts'
export type { KeySlots, MessageKey, Slot, Suite } from './crypto/key-slots.ts'
export type { Aead, DerivationOptions, Hash, Primitives } from './crypto/primitives.ts'
export type { Opener, Recipient, Stanza } from './envelope/recipient.ts'
export {
  type ErrorCode,
  type ErrorDetails,
  type ErrorEntry,
  type ErrorKind,
  errorCodes,
  errorEntry,
  KmsError,
} from './errors.ts'
export { constantTimeEqual, Secret } from './secret.ts'
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
