import { keySlotsConformance, primitivesConformance } from '@kms/core/testing'
import { describe, test } from 'vitest'
import { type Backend, backendParts } from '../../src/backend.ts'

// WASM alone is core's to check.
const backends: readonly Backend[] = ['auto', 'native']

describe.each(backends)('backend %s', (backend) => {
  describe('primitives', () => {
    for (const { name, run } of primitivesConformance(() => backendParts(backend).primitives))
      test(name, { timeout: 60_000 }, run)
  })
  describe('key slots', () => {
    for (const { name, run } of keySlotsConformance(() => backendParts(backend).slots))
      test(name, { timeout: 60_000 }, run)
  })
})
