import type { Invocation } from '../invocation.ts'
import { columns, day, printable } from '../layout.ts'
import { createRoot, parseRoot } from '../root-spec.ts'
import { withKms } from '../session.ts'

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
  const added = await withKms(call, async (kms) => {
    const { root, made } = await createRoot(parsed, call, 'Password of the new root')
    try {
      return { roots: await kms.roots.add(root), made }
    } finally {
      root.wipe()
    }
  })
  output.result(added.roots, () => `${added.roots.length} roots open the store now, each alone.`)
  if (added.made !== undefined) {
    output.note(
      `Made ${printable(added.made)}, mode 600. Whoever has it opens the store: move it to a safe and off this machine.`,
    )
  }
}
