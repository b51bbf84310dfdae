import { primitivesModule } from '../dist/index.js'

type Call = (...values: number[]) => number

/** A fresh instance: its exported functions by name, its exported numbers, and all of its memory. */
export function instantiate() {
  const { exports } = new WebAssembly.Instance(primitivesModule())
  const calls: Record<string, Call> = {}
  const areas: Record<string, number> = {}
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof WebAssembly.Global) areas[name] = value.value
    else if (typeof value === 'function') calls[name] = value as Call
  }
  return {
    call: (name: string, ...values: readonly number[]): number => (calls[name] as Call)(...values),
    area: (name: string): number => areas[name] as number,
    names: Object.keys(calls),
    memory: Buffer.from((exports.memory as WebAssembly.Memory).buffer),
  }
}
