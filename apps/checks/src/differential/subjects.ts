import type { Aead, Hash, Suite } from '@kms/core'
import { KmsError } from '@kms/core'
import { MessageCipher, MessageOpener, MessageSealer, prefixLength, saltLength } from '@kms/core/envelope'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { anyBytes, anyLength, type CaseRandom, pieces } from './random.ts'
import { nobleReference, nodeReference, type Reference, referenceBody } from './references.ts'

/** What goes wrong in a case. */
class Difference extends Error {}

/** One algorithm: a random case of it, checked. `weight`: how many of the cases are its. */
export interface Subject {
  readonly name: string
  readonly weight: number
  check(random: CaseRandom): void | Promise<void>
}

const wasm = { ...createWasmPrimitives() }
const slots = createWasmKeySlots()

/** Makes HMAC wrong for inputs of one length, so that a run shows that it would find that. */
export function plantDefect(): void {
  const { hmac } = wasm
  wasm.hmac = (hash, key, data) => {
    const tag = hmac(hash, key, data)
    if (data.length === 112) tag[0] = (tag[0] as number) ^ 1
    return tag
  }
}

const hashes: readonly Hash[] = ['SHA-256', 'SHA-384', 'SHA-512']
const aeads: readonly (readonly [Aead, number])[] = [
  ['AES-256-GCM', 32],
  ['AES-128-GCM', 16],
  ['ChaCha20-Poly1305', 32],
]
/** Over this many bytes noble, which takes milliseconds then, is asked only now and then. */
const nobleLimit = 4096

/** Compares with node:crypto always, with noble where that does not take too long. */
function compare(
  random: CaseRandom,
  actual: Uint8Array,
  bytes: number,
  by: (reference: Reference) => Uint8Array,
): void {
  const references = bytes <= nobleLimit || random.oneIn(16) ? [nodeReference, nobleReference] : [nodeReference]
  for (const reference of references) {
    if (Buffer.compare(actual, by(reference)) !== 0) throw new Difference(`differs from ${reference.name}`)
  }
}

function same(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (Buffer.compare(actual, expected) !== 0) throw new Difference(`${what} differs`)
}

/** Must be refused as not genuine. */
function refused(call: () => unknown): void {
  try {
    call()
  } catch (error) {
    if (error instanceof KmsError && error.code === 'authentication-failed') return
    throw error
  }
  throw new Difference('what was changed is accepted')
}

/** A copy with one bit flipped. */
function flipped(random: CaseRandom, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  const at = random.below(copy.length)
  copy[at] = (copy[at] as number) ^ (1 << random.below(8))
  return copy
}

function checkHash(name: Hash, random: CaseRandom): void {
  const data = anyBytes(random)
  compare(random, wasm.hash(name, data), data.length, (by) => by.hash(name, pieces(random, data)))
}

function checkHmac(name: Hash, random: CaseRandom): void {
  const [key, data] = [anyBytes(random, 3000), anyBytes(random)]
  compare(random, wasm.hmac(name, key, data), data.length, (by) => by.hmac(name, key, pieces(random, data)))
}

/** Mostly short; up to 255 digests. */
function derivedLength(random: CaseRandom): number {
  return 1 + (random.oneIn(64) ? random.below(255 * 32) : random.below(200))
}

function checkHkdf(random: CaseRandom): void {
  const hash = random.pick(hashes)
  const [key, salt, info] = [anyBytes(random, 20_000), anyBytes(random, 3000), anyBytes(random, 60_000)]
  const length = derivedLength(random)
  const cost = key.length + Math.ceil(length / 32) * info.length
  compare(random, wasm.hkdf(hash, key, salt, info, length), cost, (by) => by.hkdf(hash, key, salt, info, length))
}

function checkExpand(random: CaseRandom): void {
  const hash = random.pick(hashes)
  const [prk, info] = [anyBytes(random, 3000), anyBytes(random, 60_000)]
  const length = derivedLength(random)
  const cost = Math.ceil(length / 32) * info.length
  compare(random, wasm.hkdfExpand(hash, prk, info, length), cost, (by) => by.hkdfExpand(hash, prk, info, length))
}

async function checkPbkdf2(random: CaseRandom): Promise<void> {
  const hash = random.pick(hashes)
  const [password, salt] = [anyBytes(random, 3000), anyBytes(random, 3000)]
  const [iterations, length] = [1 + random.below(20), 1 + random.below(150)]
  const actual = await wasm.pbkdf2(hash, password, salt, iterations, length)
  compare(random, actual, 0, (by) => by.pbkdf2(hash, password, salt, iterations, length))
}

function checkAead(aead: Aead, keyLength: number, random: CaseRandom): void {
  const [key, nonce] = [random.bytes(keyLength), random.bytes(12)]
  const [aad, plaintext] = [random.oneIn(3) ? random.bytes(0) : anyBytes(random), anyBytes(random)]
  const sealed = wasm.aeadSeal(aead, key, nonce, aad, plaintext)
  compare(random, sealed, aad.length + plaintext.length, (by) =>
    by.aeadSeal(aead, key, nonce, aad, pieces(random, plaintext)),
  )
  same(wasm.aeadOpen(aead, key, nonce, aad, sealed), plaintext, 'what is opened')
  const part = random.below(aad.length > 0 ? 4 : 3)
  const change = (index: number, bytes: Uint8Array): Uint8Array => (part === index ? flipped(random, bytes) : bytes)
  refused(() => wasm.aeadOpen(aead, change(1, key), change(2, nonce), change(3, aad), change(0, sealed)))
}

function checkKeyWrap(random: CaseRandom): void {
  const kek = random.bytes(random.pick([16, 32]))
  const key = random.bytes(8 * (2 + random.below(random.oneIn(64) ? 500 : 16)))
  const wrapped = wasm.keyWrap(kek, key)
  compare(random, wrapped, key.length, (by) => by.keyWrap(kek, key))
  same(wasm.keyUnwrap(kek, wrapped), key, 'what is unwrapped')
  refused(() => wasm.keyUnwrap(kek, flipped(random, wrapped)))
}

function checkKeyWrapPadded(random: CaseRandom): void {
  const kek = random.bytes(random.pick([16, 32]))
  const key = random.bytes(1 + random.below(random.oneIn(64) ? 4000 : 80))
  const wrapped = wasm.keyWrapPadded(kek, key)
  compare(random, wrapped, key.length, (by) => by.keyWrapPadded(kek, key))
  same(wasm.keyUnwrapPadded(kek, wrapped), key, 'what is unwrapped')
  refused(() => wasm.keyUnwrapPadded(kek, flipped(random, wrapped)))
}

function checkEqual(random: CaseRandom): void {
  const a = random.bytes(1 + anyLength(random))
  const b = a.slice()
  if (!wasm.equal(a, b)) throw new Difference('equal bytes are unequal')
  if (wasm.equal(a, flipped(random, b)) || wasm.equal(a, b.subarray(1))) {
    throw new Difference('unequal bytes are equal')
  }
}

/** Whole messages through a slot, and in pieces through a sealer and an opener, against the body made by a reference. */
function checkBody(suite: Suite, random: CaseRandom): void {
  const [contentKey, salt, header] = [random.bytes(32), random.bytes(saltLength), random.bytes(random.pick([0, 27]))]
  const [bound, plaintext] = [anyBytes(random, random.oneIn(64) ? 65_542 : 300), anyBytes(random)]
  const slot = slots.importKey(contentKey.slice())
  try {
    slots.prepare(slot, suite, header)
    slots.bound.set(bound)
    const sealed = slots.seal(slot, bound.length, plaintext, salt)
    same(sealed.subarray(0, header.length), header, 'the header')
    const body = sealed.subarray(header.length)
    compare(random, body, bound.length + plaintext.length, (by) =>
      referenceBody(by, suite, contentKey, salt, bound, plaintext),
    )
    slots.bound.set(bound)
    same(slots.open(slot, bound.length, sealed), plaintext, 'what is opened')
    slots.bound.set(bound)
    refused(() => slots.open(slot, bound.length, flipped(random, sealed)))
    if (random.oneIn(4)) checkPieces(suite, random, slot, bound, salt, plaintext, body)
  } finally {
    slots.release(slot)
  }
}

function checkPieces(
  suite: Suite,
  random: CaseRandom,
  slot: ReturnType<typeof slots.importKey>,
  bound: Uint8Array,
  salt: Uint8Array,
  plaintext: Uint8Array,
  body: Uint8Array,
): void {
  const cipher = (): MessageCipher => {
    slots.bound.set(bound)
    return new MessageCipher(wasm, suite, slots.messageKey(slot, bound.length, salt))
  }
  const sealing = cipher()
  const sealer = new MessageSealer(sealing)
  const sealed = [
    salt,
    sealing.commitment,
    ...pieces(random, plaintext).map((piece) => sealer.update(piece)),
    sealer.final(),
  ]
  same(Buffer.concat(sealed), body, 'what is sealed in pieces')
  const opening = cipher()
  opening.checkCommitment(body.subarray(0, prefixLength))
  const opener = new MessageOpener(opening)
  const opened = pieces(random, body.subarray(prefixLength)).map((piece) => opener.update(piece))
  same(Buffer.concat([...opened, opener.final()]), plaintext, 'what is opened in pieces')
}

/** Every primitive of the module, and the envelope's body. */
export const subjects: readonly Subject[] = [
  ...hashes.map((hash) => ({ name: hash, weight: 8, check: (random: CaseRandom) => checkHash(hash, random) })),
  ...hashes.map((hash) => ({
    name: `HMAC-${hash}`,
    weight: 8,
    check: (random: CaseRandom) => checkHmac(hash, random),
  })),
  { name: 'HKDF', weight: 8, check: checkHkdf },
  { name: 'HKDF-Expand', weight: 8, check: checkExpand },
  { name: 'PBKDF2', weight: 0.25, check: checkPbkdf2 },
  ...aeads.map(([aead, keyLength]) => ({
    name: aead,
    weight: 10,
    check: (random: CaseRandom) => checkAead(aead, keyLength, random),
  })),
  { name: 'AES-KW', weight: 8, check: checkKeyWrap },
  { name: 'AES-KWP', weight: 8, check: checkKeyWrapPadded },
  { name: 'equal', weight: 6, check: checkEqual },
  ...([1, 2] as const).map((suite) => ({
    name: `body, suite ${suite}`,
    weight: 10,
    check: (random: CaseRandom) => checkBody(suite, random),
  })),
]
