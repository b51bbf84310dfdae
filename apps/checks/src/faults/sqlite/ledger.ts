import { readFileSync } from 'node:fs'
import { type Kms, KmsError } from '@kms/node'
import { type Acknowledgement, type Operation, planned, sealedUnder } from './operations.ts'
import type { Published } from './phase-page.ts'

/** How many acknowledgements of earlier runs are opened again after each kill, beside those of the run itself. */
const earlierOpened = 8

/** What a store must hold, kept outside of it, and compared with what it holds after each kill. */
export class Ledger {
  /** Versions each key must have. */
  readonly #versions = new Map<string, number>()
  readonly #acknowledged: Acknowledgement[] = []
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Compares after a kill. Takes what was under way, if it is there, for there from now on.
   * @returns what is wrong; empty if all is well
   */
  async check(kms: Kms, run: number, died: Published): Promise<readonly string[]> {
    const wrong: string[] = []
    const fresh = this.#readAcknowledgements()
    for (const acknowledgement of fresh) this.#note(acknowledgement)
    const underWay = died.operation > (fresh.at(-1)?.operation ?? 0) ? planned(run, died.operation) : undefined

    const held = await heldVersions(kms)
    if (underWay !== undefined) wrong.push(...this.#settle(underWay, died, held))
    for (const [key, versions] of this.#versions) {
      const holds = held.get(key) ?? 0
      if (holds < versions) wrong.push(`"${key}" was acknowledged with ${versions} versions and has ${holds}`)
    }
    for (const [key, holds] of held) {
      const versions = this.#versions.get(key) ?? 0
      if (holds > versions) wrong.push(`"${key}" has ${holds} versions, of which nobody made ${holds - versions}`)
    }
    wrong.push(...(await this.#open(kms, fresh)), ...(await usable(kms, underWay, held)), ...(await diagnosed(kms)))
    return wrong
  }

  /** Opens everything that was ever acknowledged. */
  checkAll(kms: Kms): Promise<readonly string[]> {
    return opened(kms, this.#acknowledged)
  }

  #note(operation: Operation): void {
    this.#versions.set(operation.key, (this.#versions.get(operation.key) ?? 0) + 1)
  }

  /** The operation that the kill interrupted: nothing before its commit, all of it after, either during it. */
  #settle(operation: Operation, died: Published, held: ReadonlyMap<string, number>): readonly string[] {
    const before = this.#versions.get(operation.key) ?? 0
    const done = (held.get(operation.key) ?? 0) === before + 1
    if (done) this.#note(operation)
    if (done && died.phase === 'before the write')
      return [`${operation.kind} of "${operation.key}" was done before it was committed`]
    const committed = died.phase === 'before the acknowledgement' || died.phase === 'after'
    if (!done && committed) return [`${operation.kind} of "${operation.key}" was committed and is lost`]
    return []
  }

  async #open(kms: Kms, fresh: readonly Acknowledgement[]): Promise<readonly string[]> {
    const earlier = Array.from({ length: Math.min(earlierOpened, this.#acknowledged.length) }, () => {
      return this.#acknowledged[Math.floor(Math.random() * this.#acknowledged.length)] as Acknowledgement
    })
    this.#acknowledged.push(...fresh)
    return opened(kms, [...fresh, ...earlier])
  }

  /** Those since the last time. A line that the kill cut was not acknowledged. */
  #readAcknowledgements(): readonly Acknowledgement[] {
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1)
    return lines.slice(this.#acknowledged.length).map((line) => JSON.parse(line) as Acknowledgement)
  }
}

async function heldVersions(kms: Kms): Promise<Map<string, number>> {
  const held = new Map<string, number>()
  for (let after = ''; ; ) {
    const page = await kms.keys.list({ limit: 1000, ...(after === '' ? {} : { after }) })
    for (const { name, versions } of page) held.set(name, versions.length)
    if (page.length < 1000) return held
    after = page.at(-1)?.id ?? ''
  }
}

/** Each acknowledged key has its version and opens what it sealed. */
async function opened(kms: Kms, acknowledgements: readonly Acknowledgement[]): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const acknowledgement of acknowledgements) {
    const { key, version, envelope, plaintext } = acknowledgement
    try {
      if ((await kms.decryptText(envelope, sealedUnder(acknowledgement))) !== plaintext) {
        wrong.push(`"${key}" version ${version} opens its envelope to something else`)
      }
    } catch (error) {
      wrong.push(`"${key}" version ${version} does not open what it sealed: ${said(error)}`)
    }
  }
  return wrong
}

/** A key that is there without its acknowledgement is whole: it seals and opens. */
async function usable(
  kms: Kms,
  operation: Operation | undefined,
  held: ReadonlyMap<string, number>,
): Promise<readonly string[]> {
  if (operation === undefined || !held.has(operation.key)) return []
  try {
    const under = sealedUnder(operation)
    if ((await kms.decryptText(await kms.encryptText('whole', under), under)) === 'whole') return []
    return [`"${operation.key}" opens what it seals to something else`]
  } catch (error) {
    return [`"${operation.key}" is half there: ${said(error)}`]
  }
}

/** The store's logs, heads and records agree. */
async function diagnosed(kms: Kms): Promise<readonly string[]> {
  const findings = await kms.doctor()
  return findings.filter(({ status }) => status === 'fail').map(({ check, message }) => `doctor: ${check}: ${message}`)
}

export function said(error: unknown): string {
  return error instanceof KmsError ? `${error.code}: ${error.message}` : String(error)
}
