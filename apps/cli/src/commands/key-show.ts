import type { KeyInfo, Kms } from '@kms/core'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { due, policyFacts, stateOf } from '../key-facts.ts'
import { columns, day, printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'

interface ListOptions {
  readonly limit?: string
  readonly after?: string
}

/** `kms key list` */
export async function list(call: Invocation<ListOptions>): Promise<void> {
  const { limit, after } = call.options
  const page = limit === undefined && after === undefined ? undefined : await givenPage(call.options)
  const keys = await withKms(call, (kms) => (page === undefined ? allKeys(kms) : kms.keys.list(page)))
  const sorted = page === undefined ? [...keys].sort((a, b) => (a.name < b.name ? -1 : 1)) : keys
  call.output.result(sorted, ({ dim, yellow }) => {
    if (sorted.length === 0) return 'No keys in this ring yet: kms key create NAME'
    const rows = sorted.map((key) => [printable(key.name), stateOf(key), due(key), printable(key.description)])
    return columns([['KEY', 'PRIMARY', 'ROTATION', 'DESCRIPTION'], ...rows], (cell, y) => {
      if (y === 0) return dim(cell)
      return cell.startsWith('due ') || cell.startsWith('none') ? yellow(cell) : cell
    })
  })
  const last = keys.at(-1)
  if (page !== undefined && keys.length === page.limit && last !== undefined) {
    call.output.note(`There may be more: kms key list --limit ${page.limit} --after ${last.id}`)
  }
}

async function givenPage({ limit = '100', after }: ListOptions): Promise<{ limit: number; after?: string }> {
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > 1_000) {
    throw await failure('invalid-argument', '--limit is a number of keys from 1 to 1,000.')
  }
  return { limit: Number(limit), ...(after !== undefined && { after }) }
}

/** Every key of the ring, page by page. */
async function allKeys(kms: Kms): Promise<readonly KeyInfo[]> {
  const keys: KeyInfo[] = []
  for (let page: readonly KeyInfo[] = [], after = ''; ; after = page.at(-1)?.id ?? '') {
    page = await kms.keys.list({ limit: 1000, ...(after !== '' && { after }) })
    keys.push(...page)
    if (page.length < 1000) return keys
  }
}

/** `kms key show NAME` */
export async function show(call: Invocation, name: string): Promise<void> {
  const { key, usage } = await withKms(call, async (kms) => ({
    key: await kms.keys.show(name),
    usage: await kms.keys.usage(name),
  }))
  const used = new Map(usage.versions.map((one) => [one.label, one]))
  call.output.result({ ...key, usage }, (colours) => {
    const facts = [
      ['name', printable(key.name)],
      ['id', key.id],
      ['ring', printable(key.ring)],
      ['purpose', `${key.purpose}, ${key.spec}`],
      ['description', printable(key.description) || '-'],
      ['created', `${key.created.toISOString()} by ${printable(key.by)}`],
      ...policyFacts(key),
    ]
    const versions = key.versions.map((version) => [
      `${version.label}${version.primary ? ' *' : ''}`,
      version.state,
      day(version.created),
      day(version.changed),
      about(used.get(version.label)?.sealed),
      about(used.get(version.label)?.opened),
      printable(version.reason),
    ])
    const head = ['VERSION', 'STATE', 'CREATED', 'CHANGED', 'SEALED', 'OPENED', 'REASON']
    const table = columns([head, ...versions], (cell, y) => (y === 0 ? colours.dim(cell) : cell))
    return `${columns(facts, (cell, _, x) => (x === 0 ? colours.bold(cell) : cell))}\n\n${table}\n\n* protects new data`
  })
}

/** `kms key usage NAME` */
export async function usage(call: Invocation, name: string): Promise<void> {
  const found = await withKms(call, (kms) => kms.keys.usage(name))
  call.output.result(found, ({ dim }) => {
    if (found.versions.length === 0) return `Nobody has said that they used ${printable(name)}.`
    const rows = found.versions.map(({ label, sealed, opened, refused, first, last }) => [
      label,
      about(sealed),
      about(opened),
      about(refused),
      first.toISOString(),
      last.toISOString(),
    ])
    const sealers = found.versions.flatMap(({ label, sealedBy }) =>
      sealedBy.map(({ caller, session, time }) => [label, printable(caller), time.toISOString(), session]),
    )
    const table = (lines: readonly (readonly string[])[]): string =>
      columns(lines, (cell, y) => (y === 0 ? dim(cell) : cell))
    const counts = table([['VERSION', 'SEALED', 'OPENED', 'REFUSED', 'FIRST', 'LAST'], ...rows])
    if (sealers.length === 0) return `${counts}\n\nCounts are approximate.`
    return `${counts}\n\n${table([['VERSION', 'SEALED BY', 'LAST', 'SESSION'], ...sealers])}\n\nCounts are approximate.`
  })
}

/** A count that is approximate. */
const about = (count = 0): string => (count === 0 ? '-' : `~${count.toLocaleString('en-GB')}`)

/** `kms key version NAME [VERSION]` */
export async function version(call: Invocation, name: string, label?: string): Promise<void> {
  const found = await withKms(call, (kms) => kms.keys.version(name, label))
  call.output.result(found, ({ bold }) => {
    const facts = [
      ['version', `${found.label}${found.primary ? ', protects new data' : ''}`],
      ['state', found.state],
      ['origin', `${found.origin}, ${printable(found.method)}, ${found.bits} bits`],
      ['created', `${found.created.toISOString()} by ${printable(found.by)}`],
      ['primary', span(found.primaryFrom, found.primaryUntil)],
      ['changed', `${found.changed.toISOString()} ${printable(found.reason)}`],
      ...(found.compromisedSince === null ? [] : [['compromised', `since ${found.compromisedSince.toISOString()}`]]),
      ...(found.destruction === null ? [] : [['destroyed', `from ${day(found.destruction.notBefore)} on`]]),
    ]
    return columns(facts, (cell, _, x) => (x === 0 ? bold(cell) : cell))
  })
}

const span = (from: Date | null, until: Date | null): string =>
  from === null ? 'never' : `from ${day(from)}${until === null ? '' : ` to ${day(until)}`}`
