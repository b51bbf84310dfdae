import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { type Result, require, requireCode } from './case.ts'

// What a page runs whose policy forbids WebAssembly: the error must say what the policy lacks.
async function refusal(): Promise<Result[]> {
  const name = "a policy without 'wasm-unsafe-eval' is unsupported, and the error names it"
  try {
    for (const create of [createWasmPrimitives, createWasmKeySlots]) {
      await requireCode('unsupported', create)
      try {
        create()
      } catch (error) {
        require(String(error).includes('wasm-unsafe-eval'), String(error))
      }
    }
    return [{ name }]
  } catch (error) {
    return [{ name, problem: String(error) }]
  }
}

Object.assign(globalThis, { kmsResults: refusal() })
