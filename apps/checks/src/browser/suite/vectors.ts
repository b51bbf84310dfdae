import { type Opener, Secret } from '@kms/core'
import {
  type Content,
  type Context,
  canonicalContext,
  fromText,
  keyOpener,
  noContext,
  openEnvelope,
  passwordOpener,
  prepareRecordKey,
  prepareVersionKey,
  rootKeyHolder,
  slotHolder,
} from '@kms/core/envelope'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { type Case, require, requireBytes, requireCode } from './case.ts'

type Held =
  | readonly ['key', id: string, version: number, material: string]
  | readonly ['root', material: string]
  | readonly ['password', password: string]

interface Vector {
  readonly id: number
  readonly comment: string
  readonly result: string
  readonly asks: 'key' | 'openers'
  readonly content: number
  readonly context: number
  readonly keys: readonly number[]
  readonly envelope?: string
  readonly text?: string
  readonly plaintext?: string
  readonly length?: number
}

type Pairs = readonly (readonly [string, string])[]

/** The vectors of `packages/core/test/envelope`, of an independent implementation. */
export interface VectorFile {
  readonly contexts: readonly Pairs[]
  readonly keys: readonly Held[]
  readonly canonical: readonly { readonly pairs: Pairs; readonly canonical?: string }[]
  readonly tests: readonly Vector[]
}

const primitives = createWasmPrimitives()
const slots = createWasmKeySlots()

/** Each envelope that the file holds whole, opened or refused; each context that it encodes. */
export function vectorCases(file: VectorFile): Case[] {
  const whole = file.tests.filter(({ envelope, text }) => (envelope ?? text) !== undefined)
  const envelopes = whole.map((vector) => ({
    name: `vector ${vector.id}: ${vector.comment}`,
    run: () => checkVector(vector, file),
  }))
  const contexts = file.canonical.flatMap(({ pairs, canonical }, index) =>
    canonical === undefined ? [] : [{ name: `canonical context ${index}`, run: () => checkContext(pairs, canonical) }],
  )
  return [...envelopes, ...contexts]
}

function checkContext(pairs: Pairs, canonical: string): void {
  const bytes = canonicalContext(contextOf(pairs))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  require(hex === canonical, 'other bytes')
}

async function checkVector(vector: Vector, file: VectorFile): Promise<void> {
  const open = (): Promise<Uint8Array> | Uint8Array => {
    const envelope = vector.text === undefined ? fromText(vector.envelope ?? '') : fromText(vector.text)
    const context = contextOf(file.contexts[vector.context] as Pairs)
    const held = vector.keys.map((index) => file.keys[index] as Held)
    return vector.asks === 'key'
      ? openWithKey(envelope, context, held[0] as Held, vector.content)
      : openWithOpeners(envelope, context, held, vector.content)
  }
  // No key's handle can be asked for a content that no key seals.
  if (vector.asks === 'key' && vector.content > 1) return
  if (vector.result !== 'valid') return requireCode(vector.result, open)
  const { plaintext, length = 0 } = vector
  const expected = plaintext === undefined ? Uint8Array.from({ length }, (_, i) => i % 251) : fromText(plaintext)
  requireBytes(await open(), expected)
}

function openWithKey(envelope: Uint8Array, context: Context, held: Held, content: number): Uint8Array {
  if (held[0] !== 'key') throw new Error('the vector holds no key')
  const slot = slots.importKey(fromText(held[3]))
  const options = { keyId: fromText(held[1]), version: held[2] }
  const key =
    content === 0
      ? prepareVersionKey(slots, slot, options)
      : prepareRecordKey(slots, slot, { ...options, content: content as Content })
  try {
    return key.open(envelope, context)
  } finally {
    key.release()
    if (content !== 0) slots.release(slot)
  }
}

function openWithOpeners(
  envelope: Uint8Array,
  context: Context,
  held: readonly Held[],
  content: number,
): Promise<Uint8Array> {
  const openers = held.map((one): Opener => {
    if (one[0] === 'password') return passwordOpener(Secret.fromPassword(one[1]), { primitives })
    if (one[0] === 'root') return keyOpener(rootKeyHolder(Secret.take(fromText(one[1])), primitives), { primitives })
    return keyOpener(slotHolder(slots, slots.importKey(fromText(one[3])), fromText(one[1]), one[2]), { primitives })
  })
  return openEnvelope(envelope, { content: content as Content, context, openers, primitives, slots })
}

function contextOf(pairs: Pairs): Context {
  return pairs.length === 0 ? noContext : new Map(pairs)
}
