import type { DerivationOptions, Hash } from '../primitives.ts'
import { isWhole, requireThat } from './checks.ts'
import { hashEntry } from './hashes.ts'
import { absorb, instantiate } from './instance.ts'
import { Turns } from './turns.ts'

/** Few enough that V8's baseline compiler is left soon, many enough that the calls cost nothing. */
const sliceIterations = 10_000

/** `Primitives.pbkdf2`, in an instance of its own, since it lets others have turns; it is wiped and dropped afterwards. */
export async function pbkdf2(
  name: Hash,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
  options: DerivationOptions = {},
): Promise<Uint8Array> {
  const { id, length: size, block } = hashEntry(name)
  requireThat(isWhole(iterations, 1, 2 ** 32 - 1), 'PBKDF2 takes 1 iteration or more.')
  requireThat(isWhole(length, 1, 2 ** 31 - 1), 'PBKDF2 gives 1 byte or more.')
  const turns = new Turns(options)
  const wasm = instantiate()
  const { exports, memory, keyAt, input, output, whole } = wasm
  requireThat(salt.length <= whole, `PBKDF2 takes a salt of ${whole} bytes at most.`)
  const result = new Uint8Array(length)
  try {
    if (password.length <= block) {
      memory.set(password, keyAt)
      exports.hmacKey(id, password.length)
    } else {
      exports.hashBegin(id)
      exports.hashEnd(id, absorb(wasm, id, [password]), password.length)
      exports.wipeIn(whole)
      memory.copyWithin(keyAt, output, output + size)
      exports.hmacKey(id, size)
    }
    memory.set(salt, input)
    const blocks = Math.ceil(length / size)
    for (let i = 0; i < blocks; i++) {
      exports.pbkdf2Begin(id, salt.length, i + 1)
      for (let done = 1; done < iterations; ) {
        const slice = Math.min(sliceIterations, iterations - done)
        exports.pbkdf2Iterate(id, slice)
        done += slice
        if (turns.over) await turns.next((i + done / iterations) / blocks)
      }
      exports.pbkdf2End(id)
      result.set(memory.subarray(output, output + Math.min(size, length - i * size)), i * size)
    }
  } catch (error) {
    result.fill(0)
    throw error
  } finally {
    exports.wipe()
  }
  options.onProgress?.(1)
  return result
}
