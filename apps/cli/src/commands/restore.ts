import { confirmed } from '../confirmation.ts'
import type { Invocation } from '../invocation.ts'
import { withKms } from '../with-kms.ts'

/** `kms restore accept --reason TEXT`: takes an older state of the store for the present one. */
export async function accept(call: Invocation<{ readonly reason: string; readonly yes?: boolean }>): Promise<void> {
  await confirmed(call, 'Accept the store as it is now, older than this machine has seen it? Changes since are gone')
  const info = await withKms(call, async (kms) => kms.info, { acceptRestore: call.options.reason })
  call.output.result(info, ({ green }) => {
    return `${green('Accepted')}: the store goes on from here, in incarnation r${info.incarnation.toString(16).padStart(4, '0')}.`
  })
  call.output.note(
    'Other rings are accepted each by itself: kms ring list, kms restore accept --ring NAME.\nWhat was sealed under versions made after the backup says version-lost. Rotate each key: kms key list, kms key rotate NAME.',
  )
}
