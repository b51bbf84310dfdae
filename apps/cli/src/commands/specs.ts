import type { KdfSpec, KeyPurpose, KeySpecEntry, StorageSpec } from '@kms/core'
import type { Colours } from '../colour.ts'
import type { Invocation } from '../invocation.ts'
import { columns, grouped } from '../layout.ts'

interface SpecsOptions {
  readonly kdf?: boolean
  readonly storage?: boolean
}

/** `kms specs`: what each thing is for, where it is weak, and whether to take it, from the tables that the code uses. */
export async function specs(call: Invocation<SpecsOptions>): Promise<void> {
  const { deprecatedPurposes, kdfSpecs, keySpecs, storageSpecs } = await import('@kms/core')
  const { kdf, storage } = call.options
  const keys = kdf === true || storage === true ? undefined : withIds<KeySpecEntry>(keySpecs)
  const kdfs = kdf === true ? withIds<KdfSpec>(kdfSpecs) : undefined
  const storages = storage === true ? withIds<StorageSpec>(storageSpecs) : undefined
  const document = { ...(keys && { keys }), ...(kdfs && { kdf: kdfs }), ...(storages && { storage: storages }) }
  call.output.result(document, (colours) =>
    [
      ...(keys ?? []).map((one) => keyEntry(colours, { ...one, notes: notesOf(one, deprecatedPurposes) })),
      ...(kdfs ?? []).map((one) =>
        entry(colours, one, [
          ['from', one.from === 'key' ? 'a key, which nobody can guess' : 'a password'],
          ...(one.cost === undefined ? [] : [['cost', costs(one.cost)]]),
        ]),
      ),
      ...(storages ?? []).map((one) => entry(colours, one, one.as === undefined ? [] : [['as', one.as]])),
    ].join('\n\n'),
  )
}

function withIds<T>(table: Readonly<Record<string, T>>): readonly (T & { readonly id: string })[] {
  return Object.entries(table).map(([id, one]) => ({ id, ...one }))
}

/** What is to be known of its purposes. */
const notesOf = (
  { purposes }: KeySpecEntry,
  deprecated: Readonly<Partial<Record<KeyPurpose, string>>>,
): readonly string[] =>
  purposes.flatMap((one) => (deprecated[one] === undefined ? [] : [`${one} is deprecated: ${deprecated[one]}`]))

function keyEntry(
  colours: Colours,
  spec: KeySpecEntry & { readonly id: string; readonly notes: readonly string[] },
): string {
  const { id, purposes, bits, strength, comparable, status, until, reason, sources, notes } = spec
  const rows = [
    ['  to', purposes.join(', ')],
    ...notes.map((note) => ['', note]),
    ['  size', `${bits} bits`],
    ['  strength', `${strength} bits, as ${comparable}`],
    ['  why', reason],
    ...(until === null ? [] : [['  until', String(until)]]),
    ...sourceRows(sources),
  ]
  return `${heading(colours, id, status)}\n${columns(rows, (cell, _, x) => (x === 0 ? colours.dim(cell) : cell))}`
}

const sourceRows = (sources: readonly string[]): string[][] =>
  sources.map((source, i) => [i === 0 ? '  sources' : '', source])

function heading({ bold, green, yellow, red }: Colours, name: string, status: KeySpecEntry['status']): string {
  const colour = { recommended: green, acceptable: yellow, deprecated: red }[status]
  return `${bold(name)}  ${colour(status)}`
}

function entry(
  colours: Colours,
  { name, status, use, weakness, reason, sources }: KdfSpec | StorageSpec,
  more: readonly (readonly string[])[],
): string {
  const rows = [
    ['  for', use],
    ['  weakness', weakness],
    ['  why', reason],
    ...more.map(([what, text]) => [`  ${what}`, text ?? '']),
    ...sourceRows(sources),
  ]
  return `${heading(colours, name, status)}\n${columns(rows, (cell, _, x) => (x === 0 ? colours.dim(cell) : cell))}`
}

function costs({ keys, logins }: NonNullable<KdfSpec['cost']>): string {
  const text = (cost: Readonly<Record<string, number>>): string =>
    Object.entries(cost)
      .map(([name, value]) => (name === 'memory' ? `${grouped(value / 1024)} MiB` : `${name} ${grouped(value)}`))
      .join(', ')
  return logins === undefined ? text(keys) : `${text(keys)} for keys; ${text(logins)} for logins`
}
