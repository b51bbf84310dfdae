import { Kms } from '@kms/core'
import { backendParts, SqliteStore } from '@kms/node'
import { type Place, roots, seenAt } from './place.ts'

/**
 * Uses a key for the first time in a process, many times at once.
 * @returns envelopes of versions that were opened for that, and milliseconds until all have a handle
 */
export async function firstUses(
  place: Place,
  name: string,
  count: number,
): Promise<{ readonly unwraps: number; readonly milliseconds: number }> {
  const parts = backendParts()
  let unwraps = 0
  const { slots } = parts
  const open = slots.open.bind(slots)
  slots.open = (...of) => {
    unwraps++
    return open(...of)
  }
  const kms = await Kms.open({
    ...parts,
    store: await SqliteStore.open(place.path),
    root: roots.key(),
    lastSeen: seenAt(place.path),
  })
  try {
    unwraps = 0
    const start = performance.now()
    const handles = await Promise.all(Array.from({ length: count }, () => kms.use(name)))
    const milliseconds = performance.now() - start
    for (const handle of handles) handle.release()
    return { unwraps, milliseconds }
  } finally {
    await kms.close()
  }
}
