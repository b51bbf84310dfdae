import type { DerivationOptions, ScryptCost } from '../primitives.ts'
import { isWhole, requireThat } from './checks.ts'
import { withPasswordHashing } from './password-hashing.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { Turns } from './turns.ts'

const outputLimit = 1_024
const saltLimit = 65_535
/** Blocks of 64 bytes mixed by one call, about: less than a millisecond. */
const sliceWork = 8_192

/**
 * scrypt (RFC 7914), its memory-hard part in a WASM module that is loaded when first asked for, PBKDF2-HMAC-SHA-256 in the main one. Which memory
 * it touches depends on the password, by definition (§5): do not run it beside untrusted code that can watch caches.
 * @param salt up to 65,535 bytes
 * @param length 1 to 1,024 bytes
 * @throws `invalid-argument`, `aborted`; `unsupported` where WebAssembly with SIMD is missing or forbidden; `limit-exceeded` where there
 *   is not so much memory
 */
export async function scrypt(
  password: Uint8Array,
  salt: Uint8Array,
  { log2N, r, p }: ScryptCost,
  length: number,
  options: DerivationOptions = {},
): Promise<Uint8Array> {
  requireThat(isWhole(r, 1, 255), 'scrypt takes an r of 1 to 255.')
  requireThat(isWhole(p, 1, 16), 'scrypt takes a p of 1 to 16.')
  requireThat(isWhole(log2N, 1, 23) && log2N < 16 * r, 'scrypt takes a log2 N of 1 or more, less than 16 times r.')
  const blocks = 2 ** log2N
  requireThat(
    128 * blocks * r <= 2 ** 30 && blocks * r * p <= 2 ** 24,
    'scrypt takes 128·N·r of 1 GiB and N·r·p of 2^24 at most.',
  )
  requireThat(isWhole(length, 1, outputLimit), `scrypt gives 1 to ${outputLimit} bytes.`)
  requireThat(salt.length <= saltLimit, `scrypt takes a salt of ${saltLimit} bytes at most.`)
  const { onProgress, signal } = options
  const stop = signal === undefined ? {} : { signal }
  const turns = new Turns(options)
  const mixed = 128 * r * p

  return withPasswordHashing(128 * r * (blocks + 2) + mixed, turns, async (exports, memory) => {
    const large = exports.largeAt.value as number
    const expanded = await pbkdf2('SHA-256', password, salt, 1, mixed, stop)
    memory.set(expanded, large)
    expanded.fill(0)
    exports.scryptBegin(log2N, r, p)
    const slice = Math.ceil(sliceWork / (2 * r))
    const total = 2 * blocks * p
    for (let done = slice; exports.scryptMix(slice); done += slice) {
      if (turns.over) await turns.next(done / total)
    }
    const derived = await pbkdf2('SHA-256', password, memory.subarray(large, large + mixed), 1, length, stop)
    onProgress?.(1)
    return derived
  })
}
