import type { RingInfo } from '@kms/core'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { columns, day, printable, word } from '../layout.ts'
import { parseRoot, withNewRoot } from '../root-spec.ts'
import { withKms } from '../with-kms.ts'

interface GrantOptions {
  readonly application: string
  readonly to: string
  readonly rights: string
}

/** `kms ring create NAME` */
export async function create(call: Invocation, name: string): Promise<void> {
  const ring = await withKms(call, (kms) => kms.rings.create(name))
  call.output.result(ring, ({ green }) => `${green('Created')} ring ${printable(ring.name)}.`)
  call.output.note(
    `Next: kms key create NAME --ring ${word(name)}, and kms ring grant ${word(name)} --application APP --to file:PATH`,
  )
}

/** `kms ring list` */
export async function list(call: Invocation): Promise<void> {
  const rings = await withKms(call, (kms) => kms.rings.list())
  call.output.result(rings, ({ dim }) => {
    const rows = rings.map((ring) => [printable(ring.name), day(ring.created), applications(ring)])
    return columns([['RING', 'CREATED', 'APPLICATIONS'], ...rows], (cell, y) => (y === 0 ? dim(cell) : cell))
  })
}

/** `kms ring grant RING --application APP --to ROOT`: lets an application open one ring with a root of its own. */
export async function grant(call: Invocation<GrantOptions>, name: string): Promise<void> {
  const { application, to, rights } = call.options
  if (rights !== 'use' && rights !== 'administer') {
    throw await failure('invalid-argument', '--rights is use or administer.')
  }
  const parsed = await parseRoot(to, '--to')
  const { result: ring, made } = await withKms(call, (kms) =>
    withNewRoot(parsed, call, `Password of ${application}`, (root) =>
      kms.rings.grant(name, { application, root, rights }),
    ),
  )
  call.output.result({ ...ring, keyFile: made ?? null }, ({ green }) => {
    const may = rights === 'use' ? 'use' : 'use and administer'
    return `${green('Granted')}: ${printable(application)} may ${may} ring ${printable(ring.name)} with ${printable(to)}, and nothing else.`
  })
  if (made !== undefined)
    call.output.note(`Made ${printable(made)}, mode 600. Give it to ${printable(application)} alone, as its root.`)
}

function applications({ applications: list }: RingInfo): string {
  return list.map(({ application, rights }) => `${printable(application)} (${rights})`).join(', ')
}
