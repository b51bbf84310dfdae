import { type Bits, binary, bitselect, combined, extracted, unary } from './arithmetic.ts'
import type { Binary, Code, Instruction } from './binary.ts'

// Runs a module and follows what is secret: each byte of memory and each value is secret or not, and what is computed of something
// secret is secret. Where the path or an address depends on it, that is a finding.

/** What a secret reaches that shows in time or in the caches. */
export type FindingKind = 'address' | 'length' | 'branch' | 'select' | 'division'

export interface Finding {
  readonly kind: FindingKind
  /** The instruction that computed the condition or address. */
  readonly from: string
  /** Index of the function, and the instruction's place in the binary. */
  readonly function: number
  readonly at: number
}

interface Value {
  readonly bits: Bits
  readonly secret: boolean
  readonly from: string
}

interface Label {
  readonly target: number
  readonly height: number
  readonly arity: number
}

const pageLength = 65_536
const widths: Readonly<Record<string, number>> = {
  'i32.load': 4, 'i64.load': 8, 'i32.load8_u': 1, 'i32.load16_u': 2, 'i64.load8_u': 1, 'i64.load32_u': 4, 'v128.load': 16, 'v128.load8_splat': 1,
  'v128.load32_splat': 4, 'i32.store': 4, 'i64.store': 8, 'i32.store8': 1, 'i32.store16': 2, 'i64.store8': 1, 'i64.store32': 4, 'v128.store': 16,
} // biome-ignore format: a table

/** A module and its memory, every byte of which is public until `mark` says otherwise. */
export class Machine {
  readonly memory: Uint8Array
  /** 1 where a byte is secret. */
  readonly secret: Uint8Array
  readonly #module: Binary
  readonly #globals: Value[]
  readonly #executed: Uint8Array
  readonly #view: DataView
  #findings: Finding[] = []

  constructor(module: Binary) {
    this.#module = module
    this.memory = new Uint8Array(module.pages * pageLength)
    this.secret = new Uint8Array(module.pages * pageLength)
    this.#view = new DataView(this.memory.buffer)
    this.#executed = new Uint8Array(module.length)
    for (const { at, bytes } of module.data) this.memory.set(bytes, at)
    this.#globals = module.globals.map((bits) => ({ bits, secret: false, from: 'global' }))
    if (module.start !== undefined) this.#run(module.functions[module.start] as Code, [])
  }

  /** An exported global. */
  global(name: string): number {
    return this.#globals[this.#module.exportedGlobals.get(name) as number]?.bits as number
  }

  /** What was found since the last call of this. */
  takeFindings(): readonly Finding[] {
    const findings = this.#findings
    this.#findings = []
    return findings
  }

  /** Instructions that ran at least once, and all. */
  get covered(): { readonly executed: number; readonly all: number } {
    return {
      executed: this.#executed.reduce((sum, ran) => sum + ran, 0),
      all: this.#module.functions.reduce((sum, { body }) => sum + body.length, 0),
    }
  }

  /** Calls an export with public arguments: handles, lengths, offsets. */
  call(name: string, ...args: readonly number[]): number | undefined {
    const index = this.#module.exports.get(name)
    if (index === undefined) throw new Error(`There is no export ${name}.`)
    const values = args.map((bits) => ({ bits, secret: false, from: 'argument' }))
    return this.#run(this.#module.functions[index] as Code, values)?.bits as number | undefined
  }

  #run(code: Code, args: readonly Value[]): Value | undefined {
    const { body } = code
    const locals: Value[] = [...args, ...code.locals.map((bits) => ({ bits, secret: false, from: 'zero' }))]
    const stack: Value[] = []
    const labels: Label[] = []
    const pop = (): Value => stack.pop() as Value
    const find = (kind: FindingKind, value: Value, at: number): void => {
      if (value.secret) this.#findings.push({ kind, from: value.from, function: code.index, at })
    }
    let pc = 0
    const leave = (depth: number): void => {
      const label = labels[labels.length - 1 - depth]
      if (label === undefined) {
        pc = body.length
        return
      }
      const results = stack.splice(stack.length - label.arity, label.arity)
      stack.length = label.height
      stack.push(...results)
      labels.length -= depth
      // A loop's label goes on; the end of any other is past.
      if (body[label.target]?.name !== 'loop') labels.pop()
      pc = label.target + 1
    }
    while (pc < body.length) {
      const instruction = body[pc++] as Instruction
      const { name, operand, at } = instruction
      this.#executed[at] = 1
      switch (name) {
        case 'local.get':
          stack.push(locals[operand as number] as Value)
          break
        case 'local.set':
          locals[operand as number] = pop()
          break
        case 'local.tee':
          locals[operand as number] = stack.at(-1) as Value
          break
        case 'global.get':
          stack.push(this.#globals[operand as number] as Value)
          break
        case 'global.set':
          this.#globals[operand as number] = pop()
          break
        case 'block':
        case 'loop':
          // A loop in this module takes no values: its label has none.
          labels.push({ target: instruction.end, height: stack.length, arity: name === 'loop' ? 0 : instruction.arity })
          break
        case 'if': {
          const condition = pop()
          find('branch', condition, at)
          labels.push({ target: instruction.end, height: stack.length, arity: instruction.arity })
          if (condition.bits === 0) pc = instruction.otherwise + (body[instruction.otherwise]?.name === 'else' ? 1 : 0)
          break
        }
        case 'else':
          pc = instruction.end
          break
        case 'end':
          labels.pop()
          break
        case 'br':
          leave(operand as number)
          break
        case 'br_if': {
          const condition = pop()
          find('branch', condition, at)
          if (condition.bits !== 0) leave(operand as number)
          break
        }
        case 'return':
          pc = body.length
          break
        case 'call': {
          const callee = this.#module.functions[operand as number] as Code
          const result = this.#run(callee, stack.splice(stack.length - callee.parameters, callee.parameters))
          if (result !== undefined) stack.push(result)
          break
        }
        case 'drop':
          pop()
          break
        case 'select': {
          const [condition, no, yes] = [pop(), pop(), pop()]
          find('select', condition, at)
          const secret = condition.secret || no.secret || yes.secret
          stack.push({ bits: (condition.bits === 0 ? no : yes).bits, secret, from: name })
          break
        }
        case 'memory.copy': {
          const [length, source, target] = [pop(), pop(), pop()]
          find('length', length, at)
          find('address', source, at)
          find('address', target, at)
          const [from, to, count] = [source, target, length].map(({ bits }) => (bits as number) >>> 0) as [
            number,
            number,
            number,
          ]
          this.#inside(from, count)
          this.#inside(to, count)
          this.memory.copyWithin(to, from, from + count)
          this.secret.copyWithin(to, from, from + count)
          break
        }
        case 'memory.fill': {
          const [length, value, target] = [pop(), pop(), pop()]
          find('length', length, at)
          find('address', target, at)
          const [to, count] = [target, length].map(({ bits }) => (bits as number) >>> 0) as [number, number]
          this.#inside(to, count)
          this.memory.fill(value.bits as number, to, to + count)
          this.secret.fill(Number(value.secret), to, to + count)
          break
        }
        case 'unreachable':
          throw new Error('A trap.')
        case 'nop':
          break
        default:
          this.#compute(instruction, stack, find)
      }
    }
    return code.results > 0 ? stack.at(-1) : undefined
  }

  #compute(
    instruction: Instruction,
    stack: Value[],
    find: (kind: FindingKind, value: Value, at: number) => void,
  ): void {
    const { name, operand, at } = instruction
    const pop = (): Value => stack.pop() as Value
    const width = widths[name]
    if (width !== undefined) {
      const stored = name.includes('store') ? pop() : undefined
      const address = pop()
      find('address', address, at)
      const place = ((address.bits as number) >>> 0) + (operand as number)
      this.#inside(place, width)
      if (stored !== undefined) this.#store(place, width, stored)
      else stack.push({ bits: this.#load(name, place, width), secret: this.#holds(place, width), from: name })
      return
    }
    if (name.endsWith('.const')) {
      stack.push({ bits: operand, secret: false, from: name })
      return
    }
    if (name === 'v128.bitselect') {
      const [mask, b, a] = [pop(), pop(), pop()]
      stack.push({
        bits: bitselect(a.bits, b.bits, mask.bits),
        secret: a.secret || b.secret || mask.secret,
        from: name,
      })
      return
    }
    const one = unary[name]
    const lane = extracted[name]
    if (one !== undefined || lane !== undefined) {
      const a = pop()
      const bits =
        one !== undefined ? one(a.bits) : (lane as (a: Bits, lane: number) => Bits)(a.bits, operand as number)
      // Whether something is zero says what it is said of.
      stack.push({ bits, secret: a.secret, from: name === 'i32.eqz' ? a.from : name })
      return
    }
    const [b, a] = [pop(), pop()]
    if (/div|rem/.test(name)) {
      find('division', a, at)
      find('division', b, at)
    }
    const two = binary[name]
    const bits = two !== undefined ? two(a.bits, b.bits) : combined[name]?.(a.bits, b.bits, operand)
    if (bits === undefined) throw new Error(`${name} is not known to this machine.`)
    stack.push({ bits, secret: a.secret || b.secret, from: name })
  }

  #inside(at: number, length: number): void {
    if (at + length > this.memory.length) throw new Error('A trap: outside of memory.')
  }

  #holds(at: number, length: number): boolean {
    for (let i = at; i < at + length; i++) if (this.secret[i] !== 0) return true
    return false
  }

  #load(name: string, at: number, width: number): Bits {
    if (name === 'v128.load') return this.memory.slice(at, at + 16)
    if (name.startsWith('v128.load'))
      return this.memory.slice(at, at + 16).map((_, i) => this.memory[at + (i % width)] as number)
    if (name === 'i64.load') return this.#view.getBigUint64(at, true)
    const low =
      width === 1 ? this.memory[at] : width === 2 ? this.#view.getUint16(at, true) : this.#view.getInt32(at, true)
    return name.startsWith('i64') ? BigInt((low as number) >>> 0) : (low as number)
  }

  #store(at: number, width: number, { bits, secret }: Value): void {
    if (bits instanceof Uint8Array) this.memory.set(bits, at)
    else if (width === 8) this.#view.setBigUint64(at, bits as bigint, true)
    else
      for (let i = 0, rest = Number(BigInt.asUintN(32, BigInt(bits))); i < width; i++, rest >>>= 8)
        this.memory[at + i] = rest
    this.secret.fill(Number(secret), at, at + width)
  }
}
