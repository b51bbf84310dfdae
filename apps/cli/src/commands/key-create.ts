import type { KeyInfo, KeyPurpose, KeySpecName } from '@kms/core'
import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { versionOf } from '../key-facts.ts'
import { day, printable, word } from '../layout.ts'
import { type PolicyOptions, policyOptions } from '../policy-options.ts'
import { withKms } from '../with-kms.ts'

interface CreateOptions extends PolicyOptions, ChangeOptions {
  readonly purpose?: KeyPurpose
  readonly spec?: KeySpecName
  readonly exportable?: boolean
  readonly description?: string
  readonly ifAbsent?: boolean
  readonly namesFrom?: string
}

/** `kms key create NAME`, `kms key create --names-from FILE` */
export async function create(call: Invocation<CreateOptions>, name?: string): Promise<void> {
  const { description, purpose, spec, exportable, ifAbsent, namesFrom } = call.options
  const options = {
    ...(purpose !== undefined && { purpose }),
    ...(spec !== undefined && { spec }),
    ...(exportable !== undefined && { exportable }),
    ...(description !== undefined && { description }),
    ...(await policyOptions(call.options)),
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
    transport: `kms key public ${word(name)}, for those who wrap keys for you; a program unwraps them`,
    derive: `kms derive ${key} PURPOSE -o FILE`,
  }
  return commands[purpose]
}
