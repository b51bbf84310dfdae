import type { Primitives } from '../crypto/primitives.ts'
import { concat } from '../encoding/bytes.ts'

// The Merkle tree of RFC 6962 §2.1 with SHA-256, kept as the roots of its perfect subtrees, largest first ("frontier"): a leaf
// more and the root take O(log n), and nothing but the head is read for it.

/** The perfect subtrees that make up a tree of `size` leaves: one for each bit set in `size`. */
export interface Frontier {
  readonly size: number
  /** 32 bytes each, the largest subtree first. */
  readonly hashes: readonly Uint8Array[]
}

export const emptyFrontier: Frontier = { size: 0, hashes: [] }

/** RFC 6962 §2.1: SHA-256(00 ‖ leaf). */
export function leafHash(primitives: Primitives, leaf: Uint8Array): Uint8Array {
  return primitives.hash('SHA-256', concat(Uint8Array.of(0), leaf))
}

function nodeHash(primitives: Primitives, left: Uint8Array, right: Uint8Array): Uint8Array {
  return primitives.hash('SHA-256', concat(Uint8Array.of(1), left, right))
}

/** The tree with one leaf more. */
export function appendLeaf(primitives: Primitives, { size, hashes }: Frontier, leaf: Uint8Array): Frontier {
  const subtrees = [...hashes]
  let node = leafHash(primitives, leaf)
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    node = nodeHash(primitives, subtrees.pop() as Uint8Array, node)
  }
  subtrees.push(node)
  return { size: size + 1, hashes: subtrees }
}

/** The tree's root; of no leaves SHA-256 of nothing (RFC 6962 §2.1). */
export function treeRoot(primitives: Primitives, { hashes }: Frontier): Uint8Array {
  const last = hashes.at(-1)
  if (last === undefined) return primitives.hash('SHA-256', new Uint8Array(0))
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(primitives, left, right), last)
}
