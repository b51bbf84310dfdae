import { type ChangeOptions, changeOptions } from '../change-options.ts'
import type { Invocation } from '../invocation.ts'
import { printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'

/** `kms key describe NAME TEXT` */
export async function describe(call: Invocation<ChangeOptions>, name: string, text: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.describe(name, text, changeOptions(call)))
  call.output.result(key, ({ green }) => `${green('Described')} ${printable(key.name)}: ${printable(key.description)}`)
}

/** `kms key rename NAME TO` */
export async function rename(call: Invocation<ChangeOptions>, name: string, to: string): Promise<void> {
  const key = await withKms(call, (kms) => kms.keys.rename(name, to, changeOptions(call)))
  call.output.result(key, ({ green }) => `${green('Renamed')} ${printable(name)} to ${printable(key.name)}.`)
  call.output.note(`Its id stays, so what it sealed still opens. "${name}" stays reserved for it.`)
}
