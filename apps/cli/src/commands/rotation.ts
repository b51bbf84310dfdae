import type { RotationInfo } from '@kms/core'
import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { confirmed } from '../confirmation.ts'
import { givenDays } from '../given.ts'
import type { Invocation } from '../invocation.ts'
import { columns, day, printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'

interface ListOptions {
  readonly key?: string
  readonly all?: boolean
}

/** `kms rotation list` */
export async function list(call: Invocation<ListOptions>): Promise<void> {
  const { key, all = false } = call.options
  const found = await withKms(call, (kms) => kms.rotations.list({ all, ...(key !== undefined && { key }) }))
  call.output.result(found, ({ dim }) => {
    if (found.length === 0) return all ? 'No rotations yet.' : 'No rotation is under way. --all shows those that ended.'
    const rows = found.map((one) => [
      one.id,
      printable(one.key),
      versions(one),
      one.step,
      printable(one.waitsFor) || '-',
    ])
    return columns([['ROTATION', 'KEY', 'VERSIONS', 'STEP', 'WAITS FOR'], ...rows], (cell, y) =>
      y === 0 ? dim(cell) : cell,
    )
  })
}

/** `kms rotation show ID` */
export async function show(call: Invocation, id: string): Promise<void> {
  const rotation = await withKms(call, (kms) => kms.rotations.show(id))
  const { rotationSteps } = await import('@kms/core')
  call.output.result(rotation, ({ bold, dim }) => {
    const facts = [
      ['rotation', rotation.id],
      ['key', printable(rotation.key)],
      ['versions', versions(rotation)],
      ['begun', `${rotation.started.toISOString()} by ${printable(rotation.by)}, ${printable(rotation.trigger)}`],
      ['reason', printable(rotation.reason) || '-'],
      ['transition', rotation.transitionUntil === null ? '-' : `until ${rotation.transitionUntil.toISOString()}`],
      ['waits for', printable(rotation.waitsFor) || '-'],
    ]
    const left = new Map(rotation.history.map((entry) => [entry.step, entry]))
    const steps = Object.keys(rotationSteps).map((step) => {
      const entry = left.get(step)
      const how = entry === undefined ? (rotation.step === step ? 'under way' : '-') : `left ${day(entry.time)}`
      return [step, how, printable(entry?.note ?? '')]
    })
    const table = columns([['STEP', '', 'NOTE'], ...steps], (cell, y) => (y === 0 ? dim(cell) : cell))
    const end = rotation.step === 'done' || rotation.step === 'rolled-back' ? `\n\n${rotation.step}` : ''
    return `${columns(facts, (cell, _, x) => (x === 0 ? bold(cell) : cell))}\n\n${table}${end}`
  })
}

/** `kms rotation resume ID` */
export async function resume(call: Invocation<{ readonly wait?: boolean }>, id: string): Promise<void> {
  const wait = call.options.wait === true
  said(call, await withKms(call, (kms) => kms.rotations.resume(id, { wait })))
}

/** `kms rotation rollback ID` */
export async function rollback(call: Invocation<ChangeOptions>, id: string): Promise<void> {
  await confirmed(call, 'Take the rotation back? New data is then sealed under the old version again')
  said(call, await withKms(call, (kms) => kms.rotations.rollback(id, changeOptions(call))))
}

/** `kms rotation shorten ID --reason TEXT` */
export async function shorten(
  call: Invocation<{ readonly reason: string; readonly requestId?: string; readonly days?: string }>,
  id: string,
): Promise<void> {
  const { reason, days: given = '0' } = call.options
  const days = await givenDays(given, '--days')
  said(call, await withKms(call, (kms) => kms.rotations.shorten(id, { ...changeOptions(call), reason, days })))
}

function said(call: Invocation, rotation: RotationInfo): void {
  call.output.result(rotation, ({ green }) => {
    const waits = rotation.waitsFor === '' ? '' : `, waits for ${printable(rotation.waitsFor)}`
    return `${green('Rotation')} of ${printable(rotation.key)} ${versions(rotation)}: ${rotation.step}${waits}.`
  })
  if (rotation.step === 'retire') {
    call.output.note(
      `kms rotation resume ${rotation.id} --wait ends it when no lease can name the old version any more.`,
    )
  }
}

const versions = ({ from, to }: RotationInfo): string => (from === null ? `to ${to}` : `${from} → ${to}`)
