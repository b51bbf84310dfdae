import { KmsError } from '../../errors.ts'
import type { HeaderRewrapper } from '../primitives.ts'
import { requireThat } from './checks.ts'
import { wasmMissing } from './instance.ts'

/** What the third module exports; `assembly/src/rewrapping` says what each call takes and wipes. */
interface RewrappingExports {
  readonly memory: WebAssembly.Memory
  readonly keyAt: WebAssembly.Global
  readonly inAt: WebAssembly.Global
  readonly outAt: WebAssembly.Global
  readonly laneRoom: WebAssembly.Global
  readonly headerAt: WebAssembly.Global
  rewrapAdd(lane: number, length: number, at: number, nextLength: number, nextAt: number): number
  rewrapEnd(lanes: number): number
}

const lanes = 8
/** What a lane has around a header. */
const around = 64

let loaded: Promise<HeaderRewrapper> | undefined

/**
 * The third WASM module, of 704 KiB memory, loaded once a process.
 * @throws `unsupported` where WebAssembly with SIMD is missing or forbidden
 */
export function headerRewrapper(): Promise<HeaderRewrapper> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<HeaderRewrapper> {
  const { rewrappingModule } = await import('@kms/wasm/rewrapping')
  try {
    return new WasmHeaderRewrapper(new WebAssembly.Instance(rewrappingModule()).exports as unknown as RewrappingExports)
  } catch (cause) {
    throw wasmMissing(cause)
  }
}

class WasmHeaderRewrapper implements HeaderRewrapper {
  readonly lanes = lanes
  readonly longest: number
  readonly #exports: RewrappingExports
  readonly #memory: Uint8Array
  readonly #keyAt: number
  readonly #oldAt: number
  readonly #nextAt: number
  readonly #laneRoom: number
  /** The new headers of those that were taken. */
  readonly #next: Uint8Array[] = []

  constructor(exports: RewrappingExports) {
    const headerAt = exports.headerAt.value as number
    this.#exports = exports
    this.#memory = new Uint8Array(exports.memory.buffer)
    this.#keyAt = exports.keyAt.value as number
    this.#oldAt = (exports.inAt.value as number) + headerAt
    this.#nextAt = (exports.outAt.value as number) + headerAt
    this.#laneRoom = exports.laneRoom.value as number
    this.longest = this.#laneRoom - around
  }

  add(header: Uint8Array, at: number, kek: Uint8Array, next: Uint8Array, nextAt: number, nextKek: Uint8Array): void {
    const lane = this.#next.length
    requireThat(lane < lanes, `No more than ${lanes} headers are taken at once.`)
    requireThat(kek.length === 32 && nextKek.length === 32, 'A key-encryption key has 32 bytes.')
    const fits = header.length <= this.longest && next.length <= this.longest
    requireThat(fits, `A header has ${this.longest} bytes at most here.`)
    this.#memory.set(header, this.#oldAt + lane * this.#laneRoom)
    this.#memory.set(next, this.#nextAt + lane * this.#laneRoom)
    this.#memory.set(kek, this.#keyAt)
    this.#memory.set(nextKek, this.#keyAt + 32)
    if (this.#exports.rewrapAdd(lane, header.length, at, next.length, nextAt) < 0) {
      throw new KmsError('invalid-argument', 'The wrapped key does not lie in the header.')
    }
    this.#next.push(next)
  }

  finish(): readonly boolean[] {
    const failed = this.#exports.rewrapEnd(this.#next.length)
    const genuine = this.#next.map((next, lane) => {
      if ((failed & (1 << lane)) !== 0) return false
      const from = this.#nextAt + lane * this.#laneRoom
      next.set(this.#memory.subarray(from, from + next.length))
      return true
    })
    this.#next.length = 0
    return genuine
  }
}
