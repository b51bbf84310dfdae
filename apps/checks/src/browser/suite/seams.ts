import { MemoryStore } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { keySlotsConformance, keyStoreConformance, primitivesConformance } from '@kms/core/testing'
import type { Case } from './case.ts'

const named = (seam: string, cases: readonly Case[]): Case[] =>
  cases.map(({ name, run }) => ({ name: `${seam}: ${name}`, run }))

/** The conformance suites, the same as under Node. */
export const seams: readonly Case[] = [
  ...named('primitives', primitivesConformance(createWasmPrimitives)),
  ...named('key slots', keySlotsConformance(createWasmKeySlots)),
  ...named(
    'memory store',
    keyStoreConformance(async () => ({ store: new MemoryStore() }), { persistent: false, shared: false }),
  ),
]
