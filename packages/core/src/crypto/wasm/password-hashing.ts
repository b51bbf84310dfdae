import { KmsError } from '../../errors.ts'
import { wasmMissing } from './instance.ts'
import type { Turns } from './turns.ts'

/** What the second module exports; `assembly/src/password-hashing` says what each call takes and gives. */
export interface PasswordHashing {
  readonly largeAt: WebAssembly.Global
  readonly outAt: WebAssembly.Global
  argon2Begin(inputLength: number, memoryKiB: number, passes: number, lanes: number): boolean
  argon2Fill(count: number): boolean
  argon2End(length: number): boolean
  scryptBegin(log2N: number, r: number, p: number): boolean
  scryptMix(count: number): boolean
}

const pageSize = 65_536
const wipedAtOnce = 2 ** 26

/**
 * Runs a derivation in an instance of its own, whose memory has `size` bytes from `largeAt` on, never grows, and is wiped and dropped
 * afterwards, however it ends.
 * @throws `unsupported` where WebAssembly with SIMD is missing or forbidden; `limit-exceeded` where there is not so much memory
 */
export async function withPasswordHashing(
  size: number,
  turns: Turns,
  run: (exports: PasswordHashing, memory: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { passwordHashingModule } = await import('@kms/wasm/password-hashing')
  const pages = 1 + Math.ceil(size / pageSize)
  let bytes: Uint8Array
  let exports: PasswordHashing
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    bytes = new Uint8Array(memory.buffer)
    exports = new WebAssembly.Instance(passwordHashingModule(), { env: { memory } })
      .exports as unknown as PasswordHashing
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw wasmMissing(cause)
    throw new KmsError(
      'limit-exceeded',
      `There is no memory for this derivation: it takes ${Math.ceil(size / 2 ** 20)} MiB. Free some, or choose smaller parameters.`,
      { cause },
    )
  }
  try {
    return await run(exports, bytes)
  } finally {
    for (let at = 0; at < bytes.length; at += wipedAtOnce) {
      bytes.fill(0, at, at + wipedAtOnce)
      if (turns.over) await turns.rest()
    }
  }
}
