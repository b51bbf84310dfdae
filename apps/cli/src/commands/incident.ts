import type { IncidentInfo, IncidentPlan, IncidentScope, IncidentTrigger } from '@kms/core'
import { changeOptions } from '../change-options.ts'
import { confirmed } from '../confirmation.ts'
import { failure } from '../failure.ts'
import { givenTime } from '../given.ts'
import type { Invocation } from '../invocation.ts'
import { columns, day, printable } from '../layout.ts'
import { distributionsTable } from '../sent-copies.ts'
import { withKms } from '../with-kms.ts'

interface DeclareOptions {
  readonly reason: string
  readonly requestId?: string
  readonly all?: boolean
  readonly onlyVersion?: string
  readonly since?: string
  readonly retireNow?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** `kms incident TRIGGER [NAME…] --reason TEXT`: what it reaches is shown, then done. */
export const declare =
  (trigger: IncidentTrigger) =>
  async (call: Invocation<DeclareOptions>, names: readonly string[]): Promise<void> => {
    const { reason, since, dryRun } = call.options
    const scope = await scopeOf(call.options, names)
    await withKms(call, async (kms) => {
      const plan = await kms.incidents.plan(trigger, scope)
      if (dryRun === true) return call.output.result(plan, () => shown(plan))
      if (!call.output.json) process.stderr.write(`${shown(plan)}\n`)
      await confirmed(call, `${plan.keys.length === 1 ? 'Do this to the key' : `Do this to ${plan.keys.length} keys`}?`)
      const from = since === undefined ? {} : { since: await givenTime(since, '--since') }
      const incident = await kms.incidents.declare(trigger, scope, { ...changeOptions(call), reason, ...from })
      said(call, incident)
    })
  }

/** `kms incident list` */
export async function list(call: Invocation): Promise<void> {
  const found = await withKms(call, (kms) => kms.incidents.list())
  call.output.result(found, ({ dim }) => {
    if (found.length === 0) return 'No incidents.'
    const rows = found.map((one) => [one.id, day(one.time), one.trigger, progress(one), printable(one.reason)])
    return columns([['INCIDENT', 'DATE', 'WHAT', 'KEYS', 'REASON'], ...rows], (cell, y) => (y === 0 ? dim(cell) : cell))
  })
}

/** `kms incident resume ID` */
export async function resume(call: Invocation, id: string): Promise<void> {
  said(call, await withKms(call, (kms) => kms.incidents.resume(id)))
}

async function scopeOf(options: DeclareOptions, names: readonly string[]): Promise<IncidentScope> {
  const { all = false, onlyVersion: version, retireNow = false } = options
  if (all === names.length > 0) {
    throw await failure('invalid-argument', 'Name the keys that it reaches, or --all for every key of the ring.')
  }
  return { keys: all ? 'all' : names, retireNow, ...(version !== undefined && { version }) }
}

function shown({ keys, ring, applications, callers }: IncidentPlan): string {
  const rows = keys.flatMap(({ name, rotates, obstacle, versions }) => [
    ...versions.map(({ version, state, becomes }) => [
      printable(name),
      version,
      state === becomes ? `${state}, until its transition ends` : `${state} → ${becomes}`,
    ]),
    ...(rotates ? [[printable(name), 'new', 'protects new data']] : []),
    ...(obstacle === '' ? [] : [[printable(name), 'none', `can be made: ${obstacle}`]]),
  ])
  const others = (what: string, names: readonly string[]): string =>
    names.length === 0 ? '' : `\n${what}: ${names.map(printable).join(', ')}.`
  const copies = keys.flatMap((key) => key.copies)
  const sent = copies.length === 0 ? '' : `\n\nSent, and not reached by this: tell them.\n${distributionsTable(copies)}`
  return `${columns([['KEY', 'VERSION', 'BECOMES'], ...rows], (cell) => cell)}\n\nRing ${printable(ring)}.${others('Applications that were given it', applications)}${others('Processes that hold these keys now', callers)}${sent}`
}

function said(call: Invocation, incident: IncidentInfo): void {
  call.output.result(
    incident,
    ({ green }) => `${green('Recorded')} ${incident.trigger}, incident ${incident.id}: ${progress(incident)}.`,
  )
  call.output.note(
    incident.left.length > 0
      ? `kms incident resume ${incident.id} goes on.`
      : 'Next: kms rotation list shows what is left for the data; kms reencrypt seals it anew.',
  )
}

function progress({ keys, left, withoutPrimary: { length } }: IncidentInfo): string {
  if (left.length === 0) return `${keys.length} ${keys.length === 1 ? 'key' : 'keys'} done`
  return `${left.length} of ${keys.length} keys left${length === 0 ? '' : `, ${length} revoked and without a primary`}`
}
