import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import { concat } from '../../src/encoding/bytes.ts'
import { appendLeaf, emptyFrontier, type Frontier, leafHash, treeRoot } from '../../src/store/merkle.ts'
import { fromHex, toHex, vectors } from './vectors.ts'

const primitives = createWasmPrimitives()
const grow = (leaves: readonly Uint8Array[]): Frontier =>
  leaves.reduce((tree, leaf) => appendLeaf(primitives, tree, leaf), emptyFrontier)

/** RFC 6962 §2.1 as it is written there. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length <= 1) {
    return leaves[0] === undefined ? primitives.hash('SHA-256', new Uint8Array()) : leafHash(primitives, leaves[0])
  }
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  const node = concat(Uint8Array.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
  return primitives.hash('SHA-256', node)
}

test.each(vectors.trees)('the tree of $leaves has the root of the vectors [C-31]', ({ leaves, root, frontier }) => {
  const tree = grow(leaves.map(fromHex))
  expect(toHex(treeRoot(primitives, tree))).toBe(root)
  expect(tree.hashes.map(toHex)).toEqual(frontier)
  expect(tree.size).toBe(leaves.length)
})

test('the tree of nothing has the hash of nothing', () => {
  const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  expect(toHex(treeRoot(primitives, emptyFrontier))).toBe(nothing)
})

test('a root that grew leaf by leaf is the one computed over all leaves, and one hash is kept for each bit of the size [C-32] [C-33]', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 }), (leaves) => {
      const tree = grow(leaves)
      expect(treeRoot(primitives, tree)).toEqual(rootOf(leaves))
      expect(tree.hashes.length).toBe([...leaves.length.toString(2)].filter((bit) => bit === '1').length)
    }),
  )
})

test('a leaf that looks like two hashes is not taken for a node', () => {
  const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)]
  const forged = concat(leafHash(primitives, a), leafHash(primitives, b))
  expect(treeRoot(primitives, grow([a, b]))).not.toEqual(treeRoot(primitives, grow([forged])))
})
