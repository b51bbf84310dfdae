import { readBinary } from './binary.ts'
import { type Finding, Machine } from './machine.ts'

type Exports = Readonly<Record<string, (...args: readonly number[]) => number | undefined>> & {
  readonly memory: WebAssembly.Memory
}

/** The areas that JavaScript writes and reads. */
export type Area = 'key' | 'nonce' | 'in' | 'out' | 'bound' | 'salt' | 'pool'

/**
 * The module twice, on the machine that follows secrets and on the engine: every call goes to both, and what they return and their whole
 * memories must be equal after it. So what was followed is what the module does.
 */
export class Watched {
  readonly #machine: Machine
  readonly #exports: Exports
  readonly #memory: Uint8Array
  readonly #called = new Set<string>()

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#machine = new Machine(readBinary(bytes))
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Exports
    this.#memory = new Uint8Array(this.#exports.memory.buffer)
  }

  public(area: Area, bytes: Uint8Array, offset = 0): void {
    this.#put(area, bytes, offset, 0)
  }

  secret(area: Area, bytes: Uint8Array, offset = 0): void {
    this.#put(area, bytes, offset, 1)
  }

  /** @throws Error where the machine and the engine differ: then the machine is wrong */
  call(name: string, ...args: readonly number[]): number {
    this.#called.add(name)
    const followed = this.#machine.call(name, ...args)
    const real = this.#exports[name]?.(...args)
    if (followed !== real) throw new Error(`${name}: the machine returns ${followed}, the engine ${real}.`)
    if (Buffer.compare(this.#machine.memory, this.#memory) !== 0)
      throw new Error(`${name}: the machine's memory is not the engine's.`)
    return real ?? 0
  }

  /** A result, as public bytes: what leaves the module. */
  result(length: number, offset = 0): Uint8Array {
    const at = this.#machine.global('outAt') + offset
    return this.#memory.slice(at, at + length)
  }

  takeFindings(): readonly Finding[] {
    return this.#machine.takeFindings()
  }

  /** How many bytes outside of the slots are secret still. */
  get left(): number {
    const { secret } = this.#machine
    const slots = this.#machine.global('outAt') + 262_656
    let count = 0
    for (let i = 0; i < slots; i++) count += secret[i] as number
    return count
  }

  /** The same of the whole memory. */
  get leftAnywhere(): number {
    return this.#machine.secret.reduce((count, byte) => count + byte, 0)
  }

  get covered(): { readonly executed: number; readonly all: number } {
    return this.#machine.covered
  }

  /** Exports that were never called. */
  get uncalled(): readonly string[] {
    return Object.keys(this.#exports).filter(
      (name) => typeof this.#exports[name] === 'function' && !this.#called.has(name),
    )
  }

  #put(area: Area, bytes: Uint8Array, offset: number, secret: 0 | 1): void {
    const at = this.#machine.global(`${area}At`) + offset
    this.#machine.memory.set(bytes, at)
    this.#memory.set(bytes, at)
    this.#machine.secret.fill(secret, at, at + bytes.length)
  }
}
