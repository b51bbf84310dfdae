export * from '@kms/core'
export { createNativeKeySlots } from './crypto/native-key-slots.ts'
export { createNativePrimitives } from './crypto/native-primitives.ts'
export { SqliteStore, type SqliteStoreOptions } from './store/sqlite/sqlite-store.ts'
