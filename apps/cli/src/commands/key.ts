import type { KeyInfo, Kms } from '@kms/core'
import { confirmed } from '../confirmation.ts'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { columns, day, printable, word } from '../layout.ts'
import { withKms } from '../session.ts'

interface CreateOptions {
  readonly description?: string
  readonly rotationDays?: string | false
  readonly ifAbsent?: boolean
}

interface ChangeOptions {
  readonly reason?: string
  readonly yes?: boolean
}

/** `kms key create NAME` */
export async function create(call: Invocation<CreateOptions>, name: string): Promise<void> {
  const { description, rotationDays, ifAbsent } = call.options
  const options = {
    purpose: 'encrypt' as const,
    ...(description !== undefined && { description }),
    ...(rotationDays !== undefined && { rotationDays: rotationDays === false ? null : await days(rotationDays) }),
  }
  const key = await withKms(call, (kms) =>
    ifAbsent === true ? kms.keys.ensure(name, options) : kms.keys.create(name, options),
  )
  call.output.result(key, ({ green }) => {
    const due = key.rotationDue === null ? 'never due for rotation' : `due for rotation ${day(key.rotationDue)}`
    return `${green('Key')} ${printable(key.name)}, ${versionOf(key)}, in ring ${printable(key.ring)}, ${due}.`
  })
  call.output.note(`Next: kms encrypt --key ${word(name)} FILE`)
}

/** `kms key list` */
export async function list(call: Invocation): Promise<void> {
  const keys = await withKms(call, allKeys)
  const sorted = [...keys].sort((a, b) => (a.name < b.name ? -1 : 1))
  call.output.result(sorted, ({ dim, yellow }) => {
    if (sorted.length === 0) return 'No keys in this ring yet: kms key create NAME'
    const rows = sorted.map((key) => [printable(key.name), stateOf(key), due(key), printable(key.description)])
    return columns([['KEY', 'PRIMARY', 'ROTATION', 'DESCRIPTION'], ...rows], (cell, y) => {
      if (y === 0) return dim(cell)
      return cell.startsWith('due ') || cell.startsWith('none') ? yellow(cell) : cell
    })
  })
}

/** `kms key show NAME` */
export async function show(call: Invocation, name: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.show(name))
  call.output.result(key, (colours) => {
    const facts = [
      ['name', printable(key.name)],
      ['id', key.id],
      ['ring', printable(key.ring)],
      ['purpose', `${key.purpose}, ${key.spec}`],
      ['description', printable(key.description) || '-'],
      ['created', `${key.created.toISOString()} by ${printable(key.by)}`],
      ['rotation', key.rotationDays === null ? 'none' : `every ${key.rotationDays} days, ${due(key)}`],
    ]
    const versions = key.versions.map((version) => [
      `${version.label}${version.primary ? ' *' : ''}`,
      version.state,
      day(version.created),
      day(version.changed),
      printable(version.reason),
    ])
    const table = columns([['VERSION', 'STATE', 'CREATED', 'CHANGED', 'REASON'], ...versions], (cell, y) =>
      y === 0 ? colours.dim(cell) : cell,
    )
    return `${columns(facts, (cell, _, x) => (x === 0 ? colours.bold(cell) : cell))}\n\n${table}\n\n* protects new data`
  })
}

/** `kms key describe NAME TEXT` */
export async function describe(call: Invocation, name: string, text: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.describe(name, text))
  call.output.result(key, ({ green }) => `${green('Described')} ${printable(key.name)}: ${printable(key.description)}`)
}

/** `kms key rename NAME TO` */
export async function rename(call: Invocation, name: string, to: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.rename(name, to))
  call.output.result(key, ({ green }) => `${green('Renamed')} ${printable(name)} to ${printable(key.name)}.`)
  call.output.note(`Its id stays, so what it sealed still opens. "${name}" stays reserved for it.`)
}

/** `kms key rotate NAME` */
export async function rotate(call: Invocation<ChangeOptions>, name: string): Promise<void> {
  const { key, before } = await withKms(call, async (kms) => {
    const { primary } = await kms.keys.show(name)
    return { key: await kms.keys.rotate(name, reason(call)), before: primary }
  })
  call.output.result(key, ({ green }) => {
    const old = before === null ? '' : ` Version ${before} still opens what it sealed.`
    return `${green('Rotated')} ${printable(key.name)}: ${versionOf(key)} protects new data now.${old}`
  })
  if (before !== null) call.output.note(`When every writer has moved on: kms key retire ${word(name)} ${before}`)
}

/** `kms key retire NAME VERSION` */
export async function retire(call: Invocation<ChangeOptions>, name: string, version: string): Promise<void> {
  const { key, settledAfterMs } = await withKms(call, (kms) => kms.keys.retire(name, version, reason(call)))
  call.output.result({ key, settledAfterMs }, ({ green }) => {
    const seconds = Math.ceil(settledAfterMs / 1000)
    return `${green('Retired')} version ${version} of ${printable(key.name)}: it protects no new data and still opens the old.\nProcesses with a lease may seal under it for ${seconds} s more.`
  })
  if (key.primary === null) {
    call.output.note(`"${name}" has no version that protects new data now. kms key rotate ${word(name)} makes one.`)
  }
}

/** `kms key disable NAME [VERSION]` */
export async function disable(call: Invocation<ChangeOptions>, name: string, version?: string): Promise<void> {
  const what = version === undefined ? `every version of "${name}"` : `version ${version} of "${name}"`
  await confirmed(call, `Disable ${what}? What it sealed will not open until kms key enable`)
  const key = await withKms(call, (kms) => kms.keys.disable(name, version, reason(call)))
  call.output.result(key, ({ green }) => `${green('Disabled')} ${what}: neither encrypts nor decrypts.`)
  const chosen = version === undefined ? '' : ` ${version}`
  call.output.note(
    `kms key enable ${word(name)}${chosen} undoes it. To stop new data only: kms key rotate, then retire.`,
  )
}

/** `kms key enable NAME [VERSION]` */
export async function enable(call: Invocation<ChangeOptions>, name: string, version?: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.enable(name, version, reason(call)))
  call.output.result(key, ({ green }) => `${green('Enabled')} ${printable(key.name)}: ${stateOf(key)}.`)
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

function reason(call: Invocation<ChangeOptions>): { readonly reason?: string } {
  return call.options.reason === undefined ? {} : { reason: call.options.reason }
}

async function days(text: string): Promise<number> {
  if (!/^\d{1,5}$/.test(text))
    throw await failure('invalid-argument', '--rotation-days is a number of days, 1 to 36500.')
  return Number(text)
}

function versionOf(key: KeyInfo): string {
  return key.primary === null ? 'no primary version' : `version ${key.primary}`
}

function stateOf(key: KeyInfo): string {
  const primary = key.versions.find((version) => version.primary)
  if (primary !== undefined) return `version ${primary.label}, ${primary.state}`
  return `none of ${key.versions.length} ${key.versions.length === 1 ? 'version' : 'versions'}`
}

function due(key: KeyInfo): string {
  if (key.rotationDue === null) return '-'
  return key.rotationDue.getTime() < Date.now() ? `due since ${day(key.rotationDue)}` : day(key.rotationDue)
}
