export type { ConformanceCase } from './conformance.ts'
export { keySlotsConformance } from './key-slots.ts'
export { type KeyStoreCapabilities, type KeyStoreSubject, keyStoreConformance } from './key-store.ts'
export { primitivesConformance } from './primitives.ts'
