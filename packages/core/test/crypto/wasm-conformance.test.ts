import { describe, test } from 'vitest'
import { createWasmKeySlots, createWasmPrimitives } from '../../src/hazmat.ts'
import { keySlotsConformance, primitivesConformance } from '../../src/testing/index.ts'

const primitives = createWasmPrimitives()

describe('WASM primitives', () => {
  for (const { name, run } of primitivesConformance(() => primitives)) test(name, run, 30_000)
})

describe('WASM key slots', () => {
  for (const { name, run } of keySlotsConformance(() => createWasmKeySlots())) test(name, run, 30_000)
})
