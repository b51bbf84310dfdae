import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type KeySlots, type Primitives, Secret, type Slot } from '@kms/core'
import {
  encodeRecipients,
  keyRecipient,
  prepareVersionKey,
  rootKeyHolder,
  type Stanza,
  sealEnvelope,
} from '@kms/core/envelope'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'

const corpus = new URL('../../../../packages/core/test/envelope/envelope-v1.vectors.json', import.meta.url)
const found = new URL('../../seeds/found.json', import.meta.url)

export const parts: { readonly primitives: Primitives; readonly slots: KeySlots } = {
  primitives: createWasmPrimitives(),
  slots: createWasmKeySlots(),
}
export const context = { tenant: 'acme', table: 'users' }
export const root = (): ReturnType<typeof rootKeyHolder> =>
  rootKeyHolder(Secret.take(new Uint8Array(32).fill(7)), parts.primitives)
export const keyId: Uint8Array = Uint8Array.from({ length: 16 }, (_, i) => i)
export const material = (): Slot => parts.slots.importKey(new Uint8Array(32).fill(9))
export const message = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7) % 256)

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'))

/** The vectors' envelopes, refused ones too, a header with a recipient of each kind, and what a fuzzer found before. */
export function envelopeSeeds(): Uint8Array[] {
  const read = (url: URL): unknown => JSON.parse(readFileSync(fileURLToPath(url), 'utf8'))
  const { tests } = read(corpus) as { tests: { envelope?: string; header?: string; text?: string }[] }
  const vectors = tests.flatMap(({ envelope, header, text }) => envelope ?? header ?? text ?? []).map(bytes)
  const earlier = (read(found) as { envelopes: string[] }).envelopes.map(bytes)
  return [...vectors, everyKind(), ...earlier]
}

function everyKind(): Uint8Array {
  const u32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
  const stanza = (kind: number, start: readonly number[], length: number): Stanza => {
    const own = new Uint8Array(length)
    own.set(start)
    return { kind, bytes: own }
  }
  const salt = [...keyId]
  const stanzas = [
    stanza(0, [], 9),
    stanza(1, [...keyId, ...u32(3)], 60),
    stanza(2, [...salt, 1, ...u32(600_000)], 61),
    stanza(2, [...salt, 2, 17, 8, 1], 60),
    stanza(2, [...salt, 3, ...u32(65_536), ...u32(3), 4], 66),
    stanza(2, [...salt, 9], 20),
    stanza(3, [...keyId, 0, 0x20], 98),
    stanza(3, [...keyId, 9, 9], 18),
    stanza(4, [...keyId], 312),
    stanza(5, [5, ...Buffer.from('vault'), 0, 3, ...Buffer.from('k/a'), 0, 2], 55),
    stanza(77, [1, 2, 3], 3),
  ]
  return new Uint8Array(Buffer.concat([encodeRecipients({ suite: 1, content: 0, mode: 2 }, stanzas), message(90)]))
}

/** Genuine envelopes to one key, of messages that are `message(n)`. */
export async function recipientSeeds(): Promise<Uint8Array[]> {
  const recipients = [keyRecipient(root(), parts)]
  const lengths = [0, 5, 200, 16_384, 16_390]
  return Promise.all(lengths.map((n) => sealEnvelope(message(n), { context, recipients, ...parts })))
}

/** Genuine envelopes of one key version, in both suites and modes. */
export function recordSeeds(): Uint8Array[] {
  const key = prepareVersionKey(parts.slots, material(), { keyId, version: 3 })
  const suites = [1, 2] as const
  return [0, 5, 200].flatMap((n) =>
    suites.flatMap((suite) =>
      [key.recordOf(suite), key.deterministic(suite)].map((one) => one.seal(message(n), context)),
    ),
  )
}
