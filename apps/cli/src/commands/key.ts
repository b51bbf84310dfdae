import type {
  Distribution,
  KeyInfo,
  KeyPurpose,
  KeySpecName,
  Kms,
  PolicyOptions as LibraryPolicy,
  ProfileName,
  RotationInfo,
} from '@kms/core'
import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { confirmed } from '../confirmation.ts'
import { failure } from '../failure.ts'
import { givenDays, givenTime } from '../given.ts'
import type { Invocation } from '../invocation.ts'
import { columns, day, printable, word } from '../layout.ts'
import { distributionsTable } from '../sent-copies.ts'
import { withKms } from '../session.ts'

/** Periods, as options have them. */
interface PolicyOptions {
  readonly profile?: ProfileName | false
  readonly rotationDays?: string | false
  readonly processingDays?: string | false
  readonly transitionDays?: string
}

interface CreateOptions extends PolicyOptions, ChangeOptions {
  readonly purpose?: KeyPurpose
  readonly spec?: KeySpecName
  readonly exportable?: boolean
  readonly description?: string
  readonly ifAbsent?: boolean
  readonly namesFrom?: string
}

interface ListOptions {
  readonly limit?: string
  readonly after?: string
}

interface RotateOptions extends ChangeOptions {
  readonly to?: string
  readonly urgent?: boolean
}

interface CompromiseOptions extends ChangeOptions {
  readonly since?: string
}

interface DestroyOptions extends ChangeOptions {
  readonly declare?: string
  readonly waitDays?: string
}

/** `kms key create NAME`, `kms key create --names-from FILE` */
export async function create(call: Invocation<CreateOptions>, name?: string): Promise<void> {
  const { description, purpose, spec, exportable, ifAbsent, namesFrom } = call.options
  const options = {
    ...(purpose !== undefined && { purpose }),
    ...(spec !== undefined && { spec }),
    ...(exportable !== undefined && { exportable }),
    ...(description !== undefined && { description }),
    ...(await policyIn(call.options)),
  }
  if (name === undefined && call.options.requestId !== undefined) {
    throw await failure('invalid-argument', '--request-id is for one key: of many, --if-absent goes on.')
  }
  if ((name === undefined) === (namesFrom === undefined)) {
    throw await failure('invalid-argument', 'Give the name of one key, or a file of names: --names-from.')
  }
  if (name === undefined) {
    const many = await import('./key-create-many.ts')
    return many.createMany(call, await many.namesFrom(call, namesFrom ?? '-'), options)
  }
  const key = await withKms(call, (kms) =>
    ifAbsent === true
      ? kms.keys.ensure(name, { ...options, ...changeOptions(call) })
      : kms.keys.create(name, { ...options, ...changeOptions(call) }),
  )
  call.output.result(key, ({ green }) => {
    const due = key.rotationDue === null ? 'never due for rotation' : `due for rotation ${day(key.rotationDue)}`
    return `${green('Key')} ${printable(key.name)}, ${versionOf(key)}, in ring ${printable(key.ring)}, ${due}.`
  })
  call.output.note(`Next: ${nextWith(key)}`)
}

/** What one does first with a new key. */
function nextWith({ name, purpose, spec }: KeyInfo): string {
  const key = `--key ${word(name)}`
  const commands: Readonly<Record<KeyPurpose, string>> = {
    encrypt: spec === 'symmetric-256' ? `kms encrypt ${key} FILE` : `kms key export ${word(name)}`,
    mac: `kms mac ${key} FILE`,
    sign: `kms sign ${key} FILE; others check it with kms key public ${word(name)}`,
    agree: `kms key public ${word(name)}, for those who send to you; kms decrypt ${key} FILE opens it`,
    transport: `kms key public ${word(name)}, for those who send keys to you; a program receives them`,
    derive: `kms derive ${key} PURPOSE -o FILE`,
  }
  return commands[purpose]
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

/** `kms key describe NAME TEXT` */
export async function describe(call: Invocation<ChangeOptions>, name: string, text: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.describe(name, text, changeOptions(call)))
  call.output.result(key, ({ green }) => `${green('Described')} ${printable(key.name)}: ${printable(key.description)}`)
}

/** `kms key policy NAME` */
export async function policy(call: Invocation<PolicyOptions & ChangeOptions>, name: string): Promise<void> {
  const asked = await policyIn(call.options)
  const key = await withKms(call, (kms) =>
    Object.keys(asked).length === 0
      ? kms.keys.show(name)
      : kms.keys.setPolicy(name, { ...asked, ...changeOptions(call) }),
  )
  call.output.result(key, ({ bold }) => columns(policyFacts(key), (cell, _, x) => (x === 0 ? bold(cell) : cell)))
}

function policyFacts(key: KeyInfo): readonly (readonly string[])[] {
  const period = (days: number | null, none: string): string => (days === null ? none : `${days} days`)
  return [
    ['profile', key.profile ?? 'none'],
    ['rotation', key.rotationDays === null ? 'none' : `every ${key.rotationDays} days, ${due(key)}`],
    ['transition', `${key.transitionDays} days`],
    ['old data', period(key.processingDays, 'opens without end')],
  ]
}

/** The options of a policy, as the library takes them. */
async function policyIn(options: PolicyOptions): Promise<LibraryPolicy> {
  const { profile, rotationDays, processingDays, transitionDays } = options
  const period = async (given: string | false, option: string): Promise<number | null> =>
    given === false ? null : givenDays(given, option)
  return {
    ...(profile !== undefined && { profile: profile === false ? null : profile }),
    ...(rotationDays !== undefined && { rotationDays: await period(rotationDays, '--rotation-days') }),
    ...(processingDays !== undefined && { processingDays: await period(processingDays, '--processing-days') }),
    ...(transitionDays !== undefined && { transitionDays: await givenDays(transitionDays, '--transition-days') }),
  }
}

/** `kms key rename NAME TO` */
export async function rename(call: Invocation<ChangeOptions>, name: string, to: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.rename(name, to, changeOptions(call)))
  call.output.result(key, ({ green }) => `${green('Renamed')} ${printable(name)} to ${printable(key.name)}.`)
  call.output.note(`Its id stays, so what it sealed still opens. "${name}" stays reserved for it.`)
}

/** `kms key rotate NAME` */
export async function rotate(call: Invocation<RotateOptions>, name: string): Promise<void> {
  const { to, urgent = false } = call.options
  const { key, before, rotation } = await withKms(call, async (kms) => {
    const { primary } = await kms.keys.version(name).then(
      ({ label }) => ({ primary: label }),
      () => ({ primary: null }),
    )
    const rotated = await kms.rotations.rotate(name, {
      ...changeOptions(call),
      urgent,
      ...(to !== undefined && { to }),
    })
    const [latest] = await kms.rotations.list({ key: name })
    return { key: rotated, before: primary, rotation: latest }
  })
  if (rotation?.step === 'distribute') return waiting(call, key, rotation)
  call.output.result(key, ({ green }) => {
    const old = before === null ? '' : ` Version ${before} still opens what it sealed.`
    return `${green('Rotated')} ${printable(key.name)}: ${versionOf(key)} protects new data now.${old}`
  })
  if (before !== null && rotation?.transitionUntil) {
    call.output.note(
      `Version ${before} is retired from ${day(rotation.transitionUntil)} on, by kms rotation resume ${rotation.id}. Now: kms key retire ${word(name)} ${before}. To take it back: kms rotation rollback ${rotation.id}`,
    )
  }
}

function waiting(call: Invocation, key: KeyInfo, rotation: RotationInfo): void {
  call.output.result(key, ({ yellow }) => {
    return `${yellow('Waiting')}: version ${rotation.to} of ${printable(key.name)} is ready, and ${versionOf(key)} still protects new data. It waits for ${printable(rotation.waitsFor)}.`
  })
  call.output.note(
    `kms rotation resume ${rotation.id} goes on; kms key rotate ${word(key.name)} --urgent does not wait.`,
  )
}

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

/** `kms key retire NAME VERSION` */
export async function retire(call: Invocation<ChangeOptions>, name: string, version: string): Promise<void> {
  const retirement = await withKms(call, (kms) => kms.keys.retire(name, version, changeOptions(call)))
  const { key, settledAfterMs } = retirement
  call.output.result(retirement, ({ green }) => {
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
  const key = await withKms(call, (kms) => kms.keys.disable(name, version, changeOptions(call)))
  call.output.result(key, ({ green }) => `${green('Disabled')} ${what}: neither encrypts nor decrypts.`)
  const chosen = version === undefined ? '' : ` ${version}`
  call.output.note(
    `kms key enable ${word(name)}${chosen} undoes it. To stop new data only: kms key rotate, then retire.`,
  )
}

/** `kms key enable NAME [VERSION]` */
export async function enable(call: Invocation<ChangeOptions>, name: string, version?: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.enable(name, version, changeOptions(call)))
  call.output.result(key, ({ green }) => `${green('Enabled')} ${printable(key.name)}: ${stateOf(key)}.`)
}

/** `kms key compromise NAME [VERSION]` */
export async function compromise(call: Invocation<CompromiseOptions>, name: string, version?: string): Promise<void> {
  const { since } = call.options
  const what = version === undefined ? `every version of "${name}"` : `version ${version} of "${name}"`
  await confirmed(
    call,
    `Mark ${what} as compromised? That is for good: it opens nothing any more but to be re-encrypted`,
  )
  const options = { ...changeOptions(call), ...(since !== undefined && { since: await givenTime(since, '--since') }) }
  const key = await withKms(call, (kms) => kms.keys.compromise(name, version, options))
  call.output.result(key, ({ yellow }) => `${yellow('Compromised')} ${what}: for good.${copiesOf(key.copies)}`)
  call.output.note(
    key.primary === null
      ? `Next: kms key rotate ${word(name)} --urgent, then kms reencrypt for what it sealed.`
      : 'Next: kms reencrypt for what it sealed.',
  )
}

/** `kms key destroy NAME VERSION` */
export async function destroy(call: Invocation<DestroyOptions>, name: string, version: string): Promise<void> {
  const { waitDays, declare } = call.options
  await confirmed(call, `Destroy version ${version} of "${name}"? Nobody can bring it back`)
  const wait = waitDays === undefined ? {} : { waitDays: await givenDays(waitDays, '--wait-days') }
  const options = { ...changeOptions(call), ...wait, ...(declare !== undefined && { declaration: declare }) }
  const key = await withKms(call, (kms) => kms.keys.destroy(name, version, options))
  const scheduled = key.versions.find(({ label }) => label === version)?.destruction ?? null
  call.output.result(key, ({ yellow }) =>
    scheduled === null
      ? `${yellow('Destroyed')} version ${version} of ${printable(key.name)}.${copiesOf(key.copies)}`
      : `${yellow('Scheduled')}: version ${version} of ${printable(key.name)} opens nothing any more, and can be destroyed from ${day(scheduled.notBefore)} on.${copiesOf(key.copies)}`,
  )
  if (scheduled !== null) {
    call.output.note(
      `kms key cancel-destruction ${word(name)} ${version} calls it back; kms key destroy ${word(name)} ${version}, then, carries it out.`,
    )
  }
}

/** Whom what was destroyed or compromised was sent to: nothing here reaches their copies. */
const copiesOf = (copies: readonly Distribution[]): string =>
  copies.length === 0 ? '' : `\n\nIt was sent, and is not gone there: tell them.\n${distributionsTable(copies)}`

/** `kms key cancel-destruction NAME VERSION` */
export async function cancelDestruction(call: Invocation<ChangeOptions>, name: string, version: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.cancelDestruction(name, version, changeOptions(call)))
  const state = key.versions.find(({ label }) => label === version)?.state
  call.output.result(
    key,
    ({ green }) => `${green('Called back')}: version ${version} of ${printable(key.name)} is ${state}.`,
  )
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
