import type { Invocation } from '../invocation.ts'
import { columns, printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'

/** `kms sessions`: the processes that hold keys of the ring. */
export async function sessions(call: Invocation): Promise<void> {
  const found = await withKms(call, (kms) => kms.sessions())
  call.output.result(found, ({ dim }) => {
    if (found.length === 0) return 'No process holds keys of this ring now.'
    const rows = found.map((one) => [printable(one.caller), one.started.toISOString(), String(one.keys.length), one.id])
    return columns([['CALLER', 'SINCE', 'KEYS', 'SESSION'], ...rows], (cell, y) => (y === 0 ? dim(cell) : cell))
  })
}
