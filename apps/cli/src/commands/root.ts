import type { Invocation } from '../invocation.ts'
import { columns, day, printable } from '../layout.ts'
import { parseRoot, withNewRoot } from '../root-spec.ts'
import { withKms } from '../with-kms.ts'

/** `kms root list` */
export async function list(call: Invocation): Promise<void> {
  const roots = await withKms(call, (kms) => kms.roots.list())
  call.output.result(roots, ({ dim }) => {
    const rows = roots.map(({ kind, label, added }) => [kind, printable(label), day(added)])
    return columns([['KIND', 'ROOT', 'ADDED'], ...rows], (cell, y) => (y === 0 ? dim(cell) : cell))
  })
}

/** `kms root add ROOT`: one more way to open the store. */
export async function add(call: Invocation, spec: string): Promise<void> {
  const { output } = call
  const parsed = await parseRoot(spec, 'The root')
  const { result: roots, made } = await withKms(call, (kms) =>
    withNewRoot(parsed, call, 'Password of the new root', (root) => kms.roots.add(root)),
  )
  output.result(roots, () => `${roots.length} roots open the store now, each alone.`)
  if (made !== undefined) {
    output.note(
      `Made ${printable(made)}, mode 600. Whoever has it opens the store: move it to a safe and off this machine.`,
    )
  }
}
