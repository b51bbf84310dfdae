import { primitivesModule } from '@kms/wasm'
import { KmsError } from '../../errors.ts'

/** What the module exports; `assembly/src/index.ts` says what each call takes, gives and wipes. Numbers below 0 are errors. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory
  readonly boundAt: WebAssembly.Global
  readonly saltAt: WebAssembly.Global
  readonly poolAt: WebAssembly.Global
  readonly keyAt: WebAssembly.Global
  readonly nonceAt: WebAssembly.Global
  readonly inAt: WebAssembly.Global
  readonly outAt: WebAssembly.Global
  readonly whole: WebAssembly.Global
  readonly wholeSealed: WebAssembly.Global
  importKey(serial: number): number
  expandKey(handle: number, infoLength: number): number
  deriveKey(handle: number, infoLength: number, serial: number, second: boolean): number
  prepare(handle: number, suite: number, headerLength: number): number
  headerLength(handle: number): number
  release(handle: number): number
  wipe(): void
  seal(handle: number, boundLength: number, length: number, salt: number): number
  open(handle: number, boundLength: number, length: number): number
  wipeOut(length: number): void
  wipeIn(length: number): void
  sealBegin(handle: number, boundLength: number): number
  sealBatch(length: number, last: boolean): number
  openBegin(handle: number, boundLength: number): number
  openBatch(length: number, last: boolean): number
  messageEnd(): void
  messageKey(handle: number, boundLength: number): number
  sealSalted(handle: number, boundLength: number, length: number): number
  hashBegin(hash: number): number
  hashUpdate(hash: number, length: number): number
  hashEnd(hash: number, length: number, total: number): number
  hash(hash: number, length: number): number
  hmacKey(hash: number, length: number): number
  hmacBegin(): void
  slotMacBegin(handle: number): number
  hmacEnd(hash: number, length: number, total: number): number
  hmac(hash: number, keyLength: number, length: number): number
  hkdfExpand(hash: number, keyLength: number, infoLength: number, length: number): number
  hkdf(hash: number, saltLength: number, infoLength: number, inputLength: number, length: number): number
  pbkdf2Begin(hash: number, saltLength: number, block: number): number
  pbkdf2Iterate(hash: number, iterations: number): number
  pbkdf2End(hash: number): number
  aeadSeal(algorithm: number, aadLength: number, length: number): number
  aeadOpen(algorithm: number, aadLength: number, length: number): number
  aeadBegin(algorithm: number): number
  aeadHash(algorithm: number, length: number): number
  aeadFirst(algorithm: number): number
  aeadUpdate(algorithm: number, length: number, seal: boolean): number
  aeadEnd(algorithm: number, aadLength: number, length: number, seal: boolean): number
  keyWrap(kekLength: number, length: number, padded: boolean): number
  keyUnwrap(kekLength: number, length: number, padded: boolean): number
  equal(length: number): number
}

/** An instance with its areas: `input` is what JavaScript writes, `output` what it reads. */
export interface WasmInstance {
  readonly exports: WasmExports
  /** All of its memory, which never grows: views stay valid. */
  readonly memory: Uint8Array
  readonly keyAt: number
  readonly nonceAt: number
  readonly input: number
  readonly output: number
  /** Bytes of input taken at once: sixteen chunks, plain and sealed. */
  readonly whole: number
  readonly wholeSealed: number
}

/**
 * A fresh instance, of 1.4 MiB.
 * @throws `unsupported` where WebAssembly with SIMD is missing or forbidden
 */
export function instantiate(): WasmInstance {
  let exports: WasmExports
  try {
    exports = new WebAssembly.Instance(primitivesModule()).exports as unknown as WasmExports
  } catch (cause) {
    throw wasmMissing(cause)
  }
  return {
    exports,
    memory: new Uint8Array(exports.memory.buffer),
    keyAt: exports.keyAt.value as number,
    nonceAt: exports.nonceAt.value as number,
    input: exports.inAt.value as number,
    output: exports.outAt.value as number,
    whole: exports.whole.value as number,
    wholeSealed: exports.wholeSealed.value as number,
  }
}

export function wasmMissing(cause: unknown): KmsError {
  return new KmsError(
    'unsupported',
    "WebAssembly with SIMD does not run here. Use the native backend, or allow 'wasm-unsafe-eval' in the page's content security policy.",
    { cause },
  )
}

/** Copies a result out and wipes it in the module. */
export function takeOutput({ exports, memory, output }: WasmInstance, length: number): Uint8Array<ArrayBuffer> {
  const result = memory.slice(output, output + length)
  exports.wipeOut(length)
  return result
}

/**
 * Gives the module a string made of parts, in as many `hashUpdate`s as it takes.
 * @returns how many bytes are left in the input, for the call that ends the hash
 */
export function absorb(instance: WasmInstance, hash: number, parts: readonly Uint8Array[]): number {
  const { exports, memory, input, whole } = instance
  let at = 0
  for (const part of parts) {
    for (let from = 0; from < part.length; ) {
      const length = Math.min(whole - at, part.length - from)
      memory.set(part.subarray(from, from + length), input + at)
      from += length
      at += length
      if (at === whole) {
        exports.hashUpdate(hash, whole)
        at = 0
      }
    }
  }
  return at
}
