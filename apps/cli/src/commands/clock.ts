import type { ClockStanding } from '@kms/core'
import { confirmed } from '../confirmation.ts'
import type { Invocation } from '../invocation.ts'
import { withKms } from '../with-kms.ts'

/** `kms clock show` */
export async function show(call: Invocation): Promise<void> {
  const clock = await withKms(call, (kms) => kms.clock.show())
  call.output.result(clock, () => said(clock))
}

/** `kms clock accept --reason TEXT`: after a gap that is true, or when a clock that was wrong has been set. */
export async function accept(call: Invocation<{ readonly reason: string; readonly yes?: boolean }>): Promise<void> {
  await confirmed(call, `Is it ${new Date().toISOString()}? What is due by then is done by the next run`)
  const clock = await withKms(call, (kms) => kms.clock.accept({ reason: call.options.reason }))
  call.output.result(clock, ({ green }) => `${green('Accepted')}: ${said(clock)}`)
}

function said({ now, newest, explained, standing }: ClockStanding): string {
  const says = `the clock says ${now.toISOString()}`
  if (standing === 'plausible') return `${says}, which goes with what is written down.`
  return standing === 'behind'
    ? `${says}, before ${newest.toISOString()}, which is written in the log: nothing is rotated or destroyed.`
    : `${says}, and nothing explains the time since ${explained.toISOString()}: nothing is rotated or destroyed.`
}
