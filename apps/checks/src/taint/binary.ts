import { operatorOf } from './opcodes.ts'

// The binary format of WebAssembly (core specification 2.0, chapter 5), as far as a module without imports, tables and references
// needs it.

/** An instruction, with what follows its opcode. */
export interface Instruction {
  readonly name: string
  /** Where it stands in the binary. */
  readonly at: number
  /** Index, constant, offset, lane or depth. */
  readonly operand: number | bigint | Uint8Array
  /** Of `block`, `loop` and `if`: how many values its end leaves. */
  readonly arity: number
  /** Of `block`, `if` and `else`: the instruction of its end; of `loop`: its own. */
  end: number
  /** Of `if`: the instruction of its `else`, or of its end. */
  otherwise: number
}

export interface Code {
  readonly index: number
  readonly parameters: number
  readonly results: number
  /** Of the locals after the parameters: what they start as. */
  readonly locals: readonly (number | bigint | Uint8Array)[]
  readonly body: readonly Instruction[]
}

export interface Binary {
  /** Bytes. */
  readonly length: number
  readonly functions: readonly Code[]
  readonly globals: readonly (number | bigint)[]
  readonly pages: number
  readonly data: readonly { readonly at: number; readonly bytes: Uint8Array }[]
  /** Functions by the names they are exported under. */
  readonly exports: ReadonlyMap<string, number>
  /** Indices of the exported globals. */
  readonly exportedGlobals: ReadonlyMap<string, number>
  /** What runs when the module is instantiated. */
  readonly start: number | undefined
}

class Reader {
  at: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  get done(): boolean {
    return this.at >= this.#bytes.length
  }

  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new Error('The module is cut off.')
    return byte
  }

  bytes(length: number): Uint8Array {
    const bytes = this.#bytes.slice(this.at, this.at + length)
    if (bytes.length !== length) throw new Error('The module is cut off.')
    this.at += length
    return bytes
  }

  /** LEB128 (§5.2.2). */
  unsigned(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  signed(bits: 32 | 64): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(bits, byte & 64 ? value - (1n << (shift + 7n)) : value)
    }
  }

  double(): number {
    const bytes = this.bytes(8)
    return new DataView(bytes.buffer).getFloat64(0, true)
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.unsigned() }, item)
  }
}

const empty = 0x40
const i64 = 0x7e
const v128 = 0x7b

function zero(type: number): number | bigint | Uint8Array {
  return type === i64 ? 0n : type === v128 ? new Uint8Array(16) : 0
}

function operandOf(reader: Reader, kind: string): number | bigint | Uint8Array {
  switch (kind) {
    case 'i32':
      return Number(reader.signed(32))
    case 'i64':
      return BigInt.asUintN(64, reader.signed(64))
    case 'f64':
      return reader.double()
    case 'v128':
      return reader.bytes(16)
    case 'lane':
      return reader.byte()
    case 'index':
      return reader.unsigned()
    case 'address':
      reader.unsigned() // alignment: a hint
      return reader.unsigned()
    case 'zero':
      reader.byte()
      return 0
    case 'two zeros':
      reader.bytes(2)
      return 0
    default:
      return 0
  }
}

/** Reads instructions up to the end of a function, and finds where each block ends. */
function bodyOf(reader: Reader): Instruction[] {
  const body: Instruction[] = []
  const open: number[] = []
  while (true) {
    const at = reader.at
    const { name, operand: kind } = operatorOf(
      () => reader.byte(),
      () => reader.unsigned(),
      at,
    )
    const block = kind === 'block'
    const type = block ? reader.byte() : empty
    const operand = block ? 0 : operandOf(reader, kind)
    const index = body.length
    const arity = block && type !== empty ? 1 : 0
    body.push({ name, at, operand, arity, end: index, otherwise: -1 })
    if (block) open.push(index)
    if (name === 'else') {
      const start = body[open.at(-1) as number] as Instruction
      start.otherwise = index
    }
    if (name !== 'end') continue
    const start = open.pop()
    if (start === undefined) return body
    const opened = body[start] as Instruction
    if (opened.name !== 'loop') opened.end = index
    if (opened.otherwise >= 0) (body[opened.otherwise] as Instruction).end = index
    else opened.otherwise = index
  }
}

/** @throws Error for a module with something this does not know: nothing is skipped */
export function readBinary(bytes: Uint8Array): Binary {
  const reader = new Reader(bytes, 8)
  let types: { parameters: number; results: number }[] = []
  let typeOf: number[] = []
  let pages = 0
  let start: number | undefined
  const globals: (number | bigint)[] = []
  const exports = new Map<string, number>()
  const exportedGlobals = new Map<string, number>()
  const functions: Code[] = []
  const data: { at: number; bytes: Uint8Array }[] = []
  const constant = (): number | bigint => {
    const { name, operand } = operatorOf(
      () => reader.byte(),
      () => reader.unsigned(),
      reader.at,
    )
    const value = operandOf(reader, operand)
    if (!name.endsWith('.const') || value instanceof Uint8Array) throw new Error(`A constant by ${name}.`)
    reader.byte() // end
    return value
  }
  while (!reader.done) {
    const section = reader.byte()
    const end = reader.unsigned() + reader.at
    if (section === 1) {
      types = reader.list(() => {
        reader.byte() // 0x60
        return { parameters: reader.list(() => reader.byte()).length, results: reader.list(() => reader.byte()).length }
      })
    } else if (section === 3) typeOf = reader.list(() => reader.unsigned())
    else if (section === 5) {
      reader.list(() => {
        const limited = reader.byte() !== 0
        pages = reader.unsigned()
        if (limited) reader.unsigned()
      })
    } else if (section === 6) {
      reader.list(() => {
        reader.bytes(2) // type, mutability
        globals.push(constant())
      })
    } else if (section === 7) {
      reader.list(() => {
        const name = new TextDecoder().decode(reader.bytes(reader.unsigned()))
        const kind = reader.byte()
        const index = reader.unsigned()
        if (kind === 0) exports.set(name, index)
        if (kind === 3) exportedGlobals.set(name, index)
      })
    } else if (section === 8) start = reader.unsigned()
    else if (section === 10) {
      for (let count = reader.unsigned(), index = 0; index < count; index++) {
        const last = reader.unsigned() + reader.at
        const locals = reader
          .list(() => ({ count: reader.unsigned(), type: reader.byte() }))
          .flatMap((run) => Array.from({ length: run.count }, () => zero(run.type)))
        const body = bodyOf(reader)
        if (reader.at !== last) throw new Error(`Function ${index} is read wrongly.`)
        const type = types[typeOf[index] as number] as { parameters: number; results: number }
        functions.push({ index, ...type, locals, body })
      }
    } else if (section === 11) {
      reader.list(() => {
        if (reader.unsigned() !== 0) throw new Error('Passive data.')
        data.push({ at: Number(constant()), bytes: reader.bytes(reader.unsigned()) })
      })
    } else if (section !== 0 && section !== 12) throw new Error(`Section ${section}.`)
    reader.at = end
  }
  return { length: bytes.length, functions, globals, pages, data, exports, exportedGlobals, start }
}
