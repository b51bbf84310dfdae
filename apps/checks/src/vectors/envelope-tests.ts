import { type KeySlots, type Opener, Secret } from '@kms/core'
import {
  beginOpening,
  type Content,
  type Context,
  canonicalContext,
  encodePreamble,
  finishHeader,
  fromText,
  type Header,
  longestStart,
  MessageCipher,
  MessageOpener,
  MessageSealer,
  noContext,
  openEnvelope,
  openSigned,
  parseHeader,
  prepareRecordKey,
  prepareVersionKey,
  type RecipientsHeader,
  recordHeader,
  type VersionKey,
} from '@kms/core/envelope'
import type { Backend } from './backends.ts'
import { codeOf } from './errors.ts'
import { type HeldKey, openerOf } from './held-keys.ts'
import { hex, sha512 } from './hex.ts'
import { expect, expectBytes, Mismatch, type Outcome, run } from './outcome.ts'

// `tests` of a file of envelope v1 test vectors.

export interface EnvelopeTest {
  readonly id: number
  readonly comment: string
  readonly result: string
  readonly asks: 'key' | 'openers'
  readonly content: number
  readonly context: readonly (readonly [string, string])[]
  readonly keys: readonly HeldKey[]
  readonly envelope?: string
  readonly text?: string
  readonly envelopeSha512?: string
  readonly envelopeLength?: number
  readonly header?: string
  readonly plaintextLength?: number
  readonly plaintextPattern?: boolean
  readonly plaintext?: string
  readonly suite?: number
  readonly mode?: number
  readonly contentKey?: string
  readonly salt?: string
  readonly signers?: readonly string[]
}

export async function checkEnvelopeTests(
  file: string,
  tests: readonly EnvelopeTest[],
  on: readonly Backend[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const backend of on) {
    for (const test of tests) {
      const subject = test.asks === 'key' ? 'envelope to a key' : 'envelope to recipients'
      const about = { file, subject, backend: backend.name, id: `${test.id} ${test.comment}` }
      outcomes.push(await run(about, () => check(test, backend)))
    }
  }
  return outcomes
}

async function check(test: EnvelopeTest, backend: Backend): Promise<void> {
  const envelope = await given(test, backend)
  const { code, value, error } = await codeOf(() =>
    (test.asks === 'key' ? openWithKey : openWithOpeners)(test, envelope, backend),
  )
  expect(code === test.result, `expected ${test.result}, got ${code}`)
  if (value !== undefined) expectBytes(value, plaintextOf(test), 'the plaintext')
  if (code === 'no-matching-key' && headerNamesKeys(headerOf(envelope))) {
    expect((error?.keyIds.length ?? 0) > 0, 'no-matching-key without the key ids')
  }
}

/** The envelope as given, or as written: writing is checked wherever the salt is given. Text stays text. */
async function given(test: EnvelopeTest, backend: Backend): Promise<Uint8Array | string> {
  if (test.text !== undefined) return test.text
  const bytes = test.envelope === undefined ? undefined : hex(test.envelope)
  const write = test.mode === 1 ? writeDeterministically : test.mode === 2 ? writeToRecipients : writeWithKey
  if (test.salt === undefined && test.mode !== 1) {
    if (bytes !== undefined) return bytes
    throw new Mismatch('neither an envelope nor a salt is given')
  }
  const { code, value } = await codeOf(() => write(test, bytes, backend))
  if (value === undefined) throw new Mismatch(`writing gave ${code}`)
  if (bytes !== undefined) {
    expectBytes(value, bytes, 'the envelope written')
  } else {
    expect(value.length === test.envelopeLength, 'the envelope written has another length')
    expectBytes(sha512(value), hex(test.envelopeSha512), 'the envelope written')
  }
  return value
}

function writeDeterministically(test: EnvelopeTest, _bytes: Uint8Array | undefined, { slots }: Backend): Uint8Array {
  const [plaintext, context] = [plaintextOf(test), contextOf(test)]
  return withVersionKey(test, slots, (key) => key.deterministic((test.suite ?? 1) as 1 | 2).seal(plaintext, context))
}

function writeWithKey(test: EnvelopeTest, _bytes: Uint8Array | undefined, { slots }: Backend): Uint8Array {
  const salt = hex(test.salt)
  const salted: KeySlots = Object.assign(Object.create(slots) as KeySlots, {
    bound: slots.bound,
    expand: slots.expand.bind(slots),
    deriveKey: slots.deriveKey.bind(slots),
    prepare: slots.prepare.bind(slots),
    release: slots.release.bind(slots),
    seal: (...[slot, length, plaintext]: Parameters<KeySlots['seal']>) => slots.seal(slot, length, plaintext, salt),
  })
  return withRecordKey(test, (test.suite ?? 1) as 1 | 2, salted, slots, (key) =>
    key.seal(plaintextOf(test), contextOf(test)),
  )
}

function writeToRecipients(
  test: EnvelopeTest,
  bytes: Uint8Array | undefined,
  { primitives, slots }: Backend,
): Uint8Array {
  const header = parseHeader(bytes ?? hex(test.header)) as RecipientsHeader
  const contentKey = Secret.take(hex(test.contentKey))
  const start = finishHeader(header, header.recipients, contentKey, primitives)
  const bound = Buffer.concat([encodePreamble(header), canonicalContext(contextOf(test))])
  const slot = slots.importKey(contentKey.reveal())
  try {
    slots.prepare(slot, header.suite, new Uint8Array(0))
    const [salt, plaintext] = [hex(test.salt), plaintextOf(test)]
    slots.bound.set(bound)
    const body = slots.seal(slot, bound.length, plaintext, salt)
    slots.bound.set(bound)
    const cipher = new MessageCipher(primitives, header.suite, slots.messageKey(slot, bound.length, salt))
    const sealer = new MessageSealer(cipher)
    const pieces: Uint8Array[] = [salt, cipher.commitment]
    for (let at = 0; at < plaintext.length; at += 5_003) pieces.push(sealer.update(plaintext.subarray(at, at + 5_003)))
    expectBytes(Buffer.concat([...pieces, sealer.final()]), body, 'the body written piece by piece')
    return Buffer.concat([start, body])
  } finally {
    slots.release(slot)
  }
}

function withRecordKey<T>(
  test: EnvelopeTest,
  suite: 1 | 2,
  slots: KeySlots,
  owner: KeySlots,
  use: (key: ReturnType<typeof prepareRecordKey>) => T,
): T {
  const held = test.keys[0] as HeldKey
  const material = owner.importKey(hex(held.material))
  try {
    const options = { keyId: hex(held.id), version: held.version as number, suite, content: test.content as Content }
    const key = prepareRecordKey(slots, material, options)
    try {
      return use(key)
    } finally {
      key.release()
    }
  } finally {
    owner.release(material)
  }
}

/** All that a version does with data, in every suite and mode. */
function withVersionKey<T>(test: EnvelopeTest, slots: KeySlots, use: (key: VersionKey) => T): T {
  const held = test.keys[0] as HeldKey
  const options = { keyId: hex(held.id), version: held.version as number }
  const key = prepareVersionKey(slots, slots.importKey(hex(held.material)), options)
  try {
    return use(key)
  } finally {
    key.release()
  }
}

function openWithKey(test: EnvelopeTest, envelope: Uint8Array | string, { slots }: Backend): Uint8Array {
  const bytes = typeof envelope === 'string' ? fromText(envelope) : envelope
  // A content that no key seals cannot be asked of a key's handle; the header alone has to refuse it.
  if (test.content > 1)
    throw new Mismatch(`a header of content ${recordHeader(bytes, test.content as Content).content} was accepted`)
  if (test.content === 0) return withVersionKey(test, slots, (key) => key.open(bytes, contextOf(test)))
  const suite = bytes[3] === 2 ? 2 : 1
  return withRecordKey(test, suite, slots, slots, (key) => key.open(bytes, contextOf(test)))
}

async function openWithOpeners(
  test: EnvelopeTest,
  envelope: Uint8Array | string,
  backend: Backend,
): Promise<Uint8Array> {
  const bytes = typeof envelope === 'string' ? fromText(envelope) : envelope
  const { primitives, slots } = backend
  const release: (() => void)[] = []
  try {
    const openers: Opener[] = []
    for (const held of test.keys) openers.push(await openerOf(held, backend, release))
    const options = { content: test.content as Content, context: contextOf(test), openers, primitives, slots }
    if (test.signers !== undefined) {
      return (await openSigned(bytes, { ...options, from: test.signers.map(hex) })).data
    }
    const whole = await codeOf(() => openEnvelope(bytes, options))
    if (openers.every(({ kind }) => kind !== 2)) {
      // The same must come out piece by piece. Not repeated for passwords: a derivation takes a tenth of a second.
      const pieces = await codeOf(async () => {
        const { startLength, cipher } = await beginOpening(bytes.subarray(0, longestStart), options)
        const opener = new MessageOpener(cipher)
        return Buffer.concat([opener.update(bytes.subarray(startLength)), opener.final()])
      })
      expect(pieces.code === whole.code, `whole gave ${whole.code}, piece by piece ${pieces.code}`)
      if (whole.value !== undefined)
        expectBytes(pieces.value as Uint8Array, whole.value, 'the plaintext opened piece by piece')
    }
    if (whole.error !== undefined) throw whole.error
    return whole.value as Uint8Array
  } finally {
    for (const one of release) one()
  }
}

function contextOf(test: EnvelopeTest): Context {
  return test.context.length === 0 ? noContext : new Map(test.context)
}

function plaintextOf(test: EnvelopeTest): Uint8Array {
  if (test.plaintext !== undefined) return hex(test.plaintext)
  return Uint8Array.from({ length: test.plaintextLength ?? 0 }, (_, i) => i % 251)
}

function headerOf(envelope: Uint8Array | string): Header {
  return parseHeader(typeof envelope === 'string' ? fromText(envelope) : envelope)
}

function headerNamesKeys(header: Header): boolean {
  return header.mode !== 2 || header.recipients.some(({ kind }) => kind === 1 || kind === 3 || kind === 4)
}
