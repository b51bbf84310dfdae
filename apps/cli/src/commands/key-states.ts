import type { Distribution } from '@kms/core'
import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { confirmed } from '../confirmation.ts'
import { givenDays, givenTime } from '../given.ts'
import type { Invocation } from '../invocation.ts'
import { stateOf } from '../key-facts.ts'
import { day, printable, word } from '../layout.ts'
import { distributionsTable } from '../sent-copies.ts'
import { withKms } from '../with-kms.ts'

interface CompromiseOptions extends ChangeOptions {
  readonly since?: string
}

interface DestroyOptions extends ChangeOptions {
  readonly declare?: string
  readonly waitDays?: string
}

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
