import { randomBytes } from 'node:crypto'
import type { KeySlots, Suite } from '@kms/core'
import { sealInfo } from '@kms/core/envelope'
import { createWasmKeySlots } from '@kms/core/hazmat'
import { nodeReference } from '../differential/references.ts'
import { type Hit, Search } from './search.ts'
import { patterns } from './secrets.ts'

/** What a search of the module's whole memory finds of a key and all that is derived from it. */
export interface Scanned {
  readonly held: readonly Hit[]
  readonly afterMessages: readonly Hit[]
  readonly released: readonly Hit[]
}

const aeads: Readonly<Record<Suite, string>> = { 1: 'AEAD_AES_256_GCM', 2: 'AEAD_CHACHA20_POLY1305' }

/** Uses a key as records do, short and long, and searches after each message; then releases it and searches again. */
export function scanModule(suite: Suite, slots: KeySlots = createWasmKeySlots()): Scanned {
  const memory = new Uint8Array(slots.bound.buffer)
  const [material, keyId] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(16))]
  const info = sealInfo(suite, keyId, 1)
  const content = nodeReference.hkdfExpand('SHA-512', material, info, 32)
  const keys = new Search(
    [
      { name: 'key', bytes: material },
      { name: 'content key', bytes: content },
    ].flatMap(patterns),
  )
  const imported = slots.importKey(material.slice())
  const slot = slots.deriveKey(imported, info)
  slots.prepare(slot, suite, new Uint8Array(27))
  const held = keys.memory(memory)
  const afterMessages: Hit[] = []
  const label = Buffer.from(`c2sp.org/chunked-encryption@v1+${aeads[suite]}\0`)
  for (const length of [0, 10, 96, 300, 16_384, 300_000]) {
    const salt = new Uint8Array(randomBytes(24))
    const bound = new Uint8Array(randomBytes(100))
    slots.bound.set(bound)
    const derived = nodeReference.hkdfExpand('SHA-512', content, Buffer.concat([label, salt, bound]), 44)
    const message = new Search(
      [
        { name: 'message key', bytes: derived.slice(0, 32) },
        { name: 'base nonce', bytes: derived.slice(28) },
      ].flatMap(patterns),
    )
    const sealed = slots.seal(slot, bound.length, new Uint8Array(length).fill(1), salt)
    afterMessages.push(...message.memory(memory))
    slots.open(slot, bound.length, sealed)
    afterMessages.push(...message.memory(memory))
  }
  slots.release(slot)
  slots.release(imported)
  return { held, afterMessages, released: keys.memory(memory) }
}
