import type { Invocation } from '../invocation.ts'
import { columns } from '../layout.ts'

/** `kms profiles`: the rotation profiles, with the rules that bound them. */
export async function profiles(call: Invocation): Promise<void> {
  const { ceilingAt, profiles: all } = await import('@kms/core')
  const now = Date.now()
  const found = Object.entries(all).map(([name, profile]) => {
    const ceiling = ceilingAt(profile, now)
    return { name, ...profile, atMost: ceiling.now ?? null, next: ceiling.next ?? null }
  })
  call.output.result(found, ({ dim }) => {
    const rows = found.map(({ name, rotationDays, processingDays, atMost, says }) => [
      name,
      String(Math.min(rotationDays, atMost?.days ?? rotationDays)),
      String(atMost?.days ?? '-'),
      processingDays === 0 ? '-' : String(processingDays),
      says,
    ])
    const head = ['PROFILE', 'DAYS', 'AT MOST', 'OPENS FOR', 'FOR']
    const sources = found.flatMap(({ name, ceilings }) =>
      ceilings.map(({ from, days, source }) => [name, `from ${from}`, `${days} days`, source]),
    )
    const painted = columns([head, ...rows], (cell, y) => (y === 0 ? dim(cell) : cell))
    return `${painted}\n\n${columns(sources, (cell) => cell)}`
  })
}
