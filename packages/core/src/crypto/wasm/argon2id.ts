import type { Argon2idCost, DerivationOptions } from '../primitives.ts'
import { isWhole, requireThat } from './checks.ts'
import { withPasswordHashing } from './password-hashing.ts'
import { Turns } from './turns.ts'

export interface Argon2idOptions extends DerivationOptions {
  /** K, a secret kept apart from what is stored, up to 65,535 bytes. */
  readonly secret?: Uint8Array
  /** X, up to 65,535 bytes. */
  readonly associatedData?: Uint8Array
}

const stringLimit = 65_535
const outputLimit = 1_024
/** A tenth of a millisecond or two: the calls cost nothing, and V8's baseline compiler is left soon. */
const sliceBlocks = 256
const none = new Uint8Array(0)

/**
 * Argon2id, version 1.3 (RFC 9106), in a WASM module that is loaded when first asked for. Which memory it touches depends on the
 * password, by definition (§3.4.1): do not run it beside untrusted code that can watch caches.
 * @param password up to 65,535 bytes
 * @param salt 8 to 65,535 bytes; RFC 9106 recommends 16
 * @param length of the tag, 4 to 1,024 bytes
 * @throws `invalid-argument`, `aborted`; `unsupported` where WebAssembly with SIMD is missing or forbidden; `limit-exceeded` where there
 *   is not so much memory
 */
export async function argon2id(
  password: Uint8Array,
  salt: Uint8Array,
  { memoryKiB, passes, lanes }: Argon2idCost,
  length: number,
  options: Argon2idOptions = {},
): Promise<Uint8Array> {
  const { secret = none, associatedData = none, onProgress } = options
  requireThat(isWhole(lanes, 1, 16), 'Argon2id takes 1 to 16 lanes.')
  requireThat(isWhole(memoryKiB, 8 * lanes, 2 ** 20), 'Argon2id takes 8 KiB a lane to 1 GiB of memory, given in KiB.')
  requireThat(
    isWhole(passes, 1, Math.floor(2 ** 22 / memoryKiB)),
    'Argon2id takes 1 pass or more, and memory times passes of 4 GiB at most.',
  )
  requireThat(isWhole(length, 4, outputLimit), `Argon2id gives 4 to ${outputLimit} bytes.`)
  requireThat(isWhole(salt.length, 8, stringLimit), `Argon2id takes a salt of 8 to ${stringLimit} bytes.`)
  for (const string of [password, secret, associatedData]) {
    requireThat(string.length <= stringLimit, `Argon2id takes strings of ${stringLimit} bytes at most.`)
  }
  const turns = new Turns(options)
  const strings = [password, salt, secret, associatedData]
  const inputLength = strings.reduce((sum, string) => sum + 4 + string.length, 24)

  return withPasswordHashing(Math.max(memoryKiB * 1024, inputLength), turns, async (exports, memory) => {
    const input = exports.largeAt.value as number
    const view = new DataView(memory.buffer, input)
    // §3.2 step 1: p, T, m, t, v, y, then each string after its length.
    for (const [i, value] of [lanes, length, memoryKiB, passes, 0x13, 2].entries()) view.setUint32(4 * i, value, true)
    let at = 24
    for (const string of strings) {
      view.setUint32(at, string.length, true)
      memory.set(string, input + at + 4)
      at += 4 + string.length
    }
    exports.argon2Begin(inputLength, memoryKiB, passes, lanes)
    const total = memoryKiB * passes
    for (let done = sliceBlocks; exports.argon2Fill(sliceBlocks); done += sliceBlocks) {
      if (turns.over) await turns.next(done / total)
    }
    exports.argon2End(length)
    onProgress?.(1)
    const output = exports.outAt.value as number
    return memory.slice(output, output + length)
  })
}
