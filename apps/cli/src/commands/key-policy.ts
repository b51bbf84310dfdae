import { type ChangeOptions, changeOptions } from '../change-options.ts'
import type { Invocation } from '../invocation.ts'
import { policyFacts } from '../key-facts.ts'
import { columns } from '../layout.ts'
import { type PolicyOptions, policyOptions } from '../policy-options.ts'
import { withKms } from '../with-kms.ts'

/** `kms key policy NAME` */
export async function policy(call: Invocation<PolicyOptions & ChangeOptions>, name: string): Promise<void> {
  const asked = await policyOptions(call.options)
  const key = await withKms(call, (kms) =>
    Object.keys(asked).length === 0
      ? kms.keys.show(name)
      : kms.keys.setPolicy(name, { ...asked, ...changeOptions(call) }),
  )
  call.output.result(key, ({ bold }) => columns(policyFacts(key), (cell, _, x) => (x === 0 ? bold(cell) : cell)))
}
