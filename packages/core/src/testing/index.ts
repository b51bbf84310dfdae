export type { ConformanceCase } from './conformance.ts'
export { type KeyStoreCapabilities, type KeyStoreSubject, keyStoreConformance } from './key-store.ts'
