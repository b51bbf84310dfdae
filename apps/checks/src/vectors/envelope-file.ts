import {
  type Context,
  canonicalContext,
  checkInfo,
  deterministicInfo,
  fingerprintInfo,
  hedgedSalt,
  keyIdInfo,
  noContext,
  prepareBlindIndex,
  sealInfo,
  wrapInfo,
} from '@kms/core/envelope'
import type { Backend } from './backends.ts'
import { checkEnvelopeTests, type EnvelopeTest } from './envelope-tests.ts'
import { codeOf } from './errors.ts'
import { hex } from './hex.ts'
import { expect, expectBytes, NotBuilt, type Outcome, run } from './outcome.ts'

// A file of envelope v1 test vectors: tests, contexts, derivations.

interface ContextVector {
  readonly comment: string
  readonly pairs: readonly (readonly [string, string])[]
  readonly canonical?: string
  readonly error?: string
}

export interface EnvelopeFile {
  readonly format: string
  readonly tests: readonly EnvelopeTest[]
  readonly contexts?: readonly ContextVector[]
  readonly derivations?: Readonly<Record<string, string | number>>
}

export function isEnvelopeFile(content: unknown): content is EnvelopeFile {
  const { format, tests } = (content ?? {}) as Partial<EnvelopeFile>
  return format === 'envelope v1 test vectors' && Array.isArray(tests)
}

export async function checkEnvelopeFile(
  file: string,
  content: EnvelopeFile,
  on: readonly Backend[],
): Promise<Outcome[]> {
  const outcomes = await checkEnvelopeTests(file, content.tests, on)
  for (const vector of content.contexts ?? []) {
    const about = { file, subject: 'canonical context', backend: '-', id: vector.comment }
    outcomes.push(await run(about, () => checkContext(vector)))
  }
  for (const backend of on) outcomes.push(...(await checkDerivations(file, content.derivations ?? {}, backend)))
  return outcomes
}

/** A Map that gives its pairs as they are, also a name twice, as a caller's own `ReadonlyMap` may. */
class Pairs extends Map<string, string> {
  readonly #pairs: readonly (readonly [string, string])[]

  constructor(pairs: readonly (readonly [string, string])[]) {
    super()
    this.#pairs = pairs
  }

  override *[Symbol.iterator](): MapIterator<[string, string]> {
    for (const [name, value] of this.#pairs) yield [name, value]
  }
}

async function checkContext({ pairs, canonical, error }: ContextVector): Promise<void> {
  const forms: Context[] = pairs.length === 0 ? [noContext] : [new Pairs(pairs)]
  // As a record, too, where a record can say it. fromEntries defines `__proto__` as a name like any other.
  if (pairs.length > 0 && new Set(pairs.map(([name]) => name)).size === pairs.length)
    forms.push(Object.fromEntries(pairs))
  for (const form of forms) {
    const { code, value } = await codeOf(() => canonicalContext(form))
    expect(code === (error ?? 'valid'), `expected ${error ?? 'valid'}, got ${code}`)
    if (canonical !== undefined) expectBytes(value as Uint8Array, hex(canonical), 'the canonical context')
  }
}

/** The context of one pair that a `C` holds: preamble 7 ‖ count ‖ length ‖ name ‖ length ‖ value. */
function contextIn(bound: Uint8Array): Context {
  const nameEnd = 11 + Buffer.from(bound).readUInt16BE(9)
  const text = (from: number, to?: number): string => new TextDecoder().decode(bound.subarray(from, to))
  return { [text(11, nameEnd)]: text(nameEnd + 2) }
}

async function checkDerivations(
  file: string,
  given: Readonly<Record<string, string | number>>,
  { name, primitives, slots }: Backend,
): Promise<Outcome[]> {
  const expand = (info: Uint8Array, length: number, key = hex(given.material)): Uint8Array =>
    primitives.hkdfExpand('SHA-512', key, info, length)
  const [id, version] = [(): Uint8Array => hex(given.keyId), given.version as number]
  /** What makes each value; values that are given and do not stand here are not built yet. */
  const made: Readonly<Record<string, () => Uint8Array>> = {
    seal: () => expand(sealInfo(1, id(), version), 32),
    deterministic: () => expand(deterministicInfo(1, id(), version), 64),
    index16: () => {
      const material = slots.importKey(hex(given.material))
      const index = prepareBlindIndex(slots, material, { keyId: id(), version })
      try {
        return index.compute(hex(given.plaintext), contextIn(hex(given.C)), 16)
      } finally {
        index.release()
        slots.release(material)
      }
    },
    wrap: () => expand(wrapInfo(id(), version, hex(given.C)), 32),
    rootKeyId: () => expand(keyIdInfo(), 16),
    check: () => expand(checkInfo(id(), version), 8),
    fingerprint: () =>
      primitives
        .hmac('SHA-512', expand(fingerprintInfo(), 32, hex(given.ringMaterial)), hex(given.material))
        .subarray(0, 16),
    hedgedSalt: () => hedgedSalt(primitives, hex(given.C), hex(given.plaintext), hex(given.random)),
  }
  const inputs = new Set(['material', 'keyId', 'version', 'ringMaterial', 'random', 'C', 'plaintext'])
  const outcomes: Outcome[] = []
  for (const [label, expected] of Object.entries(given)) {
    if (inputs.has(label)) continue
    const about = { file, subject: 'derivation', backend: name, id: label }
    outcomes.push(
      await run(about, () => {
        const make = made[label]
        if (make === undefined) throw new NotBuilt(`derivation ${label}`)
        expectBytes(make(), hex(expected), label)
      }),
    )
  }
  return outcomes
}
