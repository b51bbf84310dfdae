// What the generators write AssemblyScript with.

/** 0 … n − 1. */
export const range = (n) => [...Array(n).keys()]

export const lines = (list, indent) => list.map((line) => ' '.repeat(indent) + line).join('\n')

/** A byte as AssemblyScript's i8 has it. */
export const signed = (byte) => (byte << 24) >> 24

export const vector = (bytes) => `i8x16(${bytes.map(signed).join(', ')})`
