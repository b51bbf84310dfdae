import { readU32 } from '../../encoding/bytes.ts'
import type { Primitives } from '../primitives.ts'
import { Turns } from '../wasm/turns.ts'
import { commonPasswords } from './common-passwords.ts'

type Digest = (data: Uint8Array) => Uint8Array

/** The hash functions that people make keys of passwords with, though none is for that. MD5 and SHA-1 are for nothing else here. */
async function digests(primitives: Primitives): Promise<readonly (readonly [name: string, Digest])[]> {
  const { md5, sha1 } = await import('@noble/hashes/legacy.js')
  return [
    ['MD5', md5],
    ['SHA-1', sha1],
    ['SHA-256', (data) => primitives.hash('SHA-256', data)],
    ['SHA-512', (data) => primitives.hash('SHA-512', data)],
  ]
}

/** The first four bytes of every digest, sorted: 1.6 MB, kept once made. */
let firstBytes: Promise<Uint32Array> | undefined

/**
 * The hash function of which `material` is an unsalted digest of a common password: whole, cut to its length, repeated, or filled up with zeros.
 * @param material 16 bytes or more
 * @returns undefined if it is none, for certain. The first call takes some tenths of a second, with turns for others; those after it, microseconds
 */
export async function passwordDigest(primitives: Primitives, material: Uint8Array): Promise<string | undefined> {
  firstBytes ??= collectFirstBytes(primitives).catch((error: unknown) => {
    firstBytes = undefined
    throw error
  })
  if (!holds(await firstBytes, readU32(material, 0))) return undefined
  // Random material gets here once in ten thousand times. Then all is compared.
  let found: string | undefined
  await eachDigest(primitives, (name, digest) => {
    if (isMadeOf(material, digest)) found = name
  })
  return found
}

async function collectFirstBytes(primitives: Primitives): Promise<Uint32Array> {
  const { commonPasswordCount } = await import('./common-passwords-data.ts')
  const collected = new Uint32Array(4 * commonPasswordCount)
  let at = 0
  await eachDigest(primitives, (_, digest) => {
    collected[at++] = readU32(digest, 0)
  })
  return collected.sort()
}

async function eachDigest(primitives: Primitives, use: (name: string, digest: Uint8Array) => void): Promise<void> {
  const functions = await digests(primitives)
  const turns = new Turns({})
  for await (const passwords of commonPasswords()) {
    for (const password of passwords) for (const [name, digest] of functions) use(name, digest(password))
    if (turns.over) await turns.rest()
  }
}

function isMadeOf(material: Uint8Array, digest: Uint8Array): boolean {
  let [repeated, filled] = [0, 0]
  for (const [i, byte] of material.entries()) {
    repeated |= byte ^ (digest[i % digest.length] as number)
    filled |= byte ^ (digest[i] ?? 0)
  }
  return repeated === 0 || filled === 0
}

function holds(sorted: Uint32Array, value: number): boolean {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sorted[middle] as number) < value) from = middle + 1
    else to = middle
  }
  return sorted[from] === value
}
