import type { Kms } from '@kms/node'
import type { Subject, Work } from '../harness/subject.ts'
import { openPlace, type Place } from './place.ts'

const context = { table: 'users.email' }

/** Keys that differ in how many versions they have. */
export interface Versions {
  readonly few: { readonly key: string; readonly count: number }
  readonly many: { readonly key: string; readonly count: number }
}

/** Rotates two keys until they have so many versions; goes on where an earlier run was interrupted. */
export async function makeVersions(kms: Kms, many: number, onProgress: (versions: number) => void): Promise<Versions> {
  const versions: Versions = { few: { key: 'few-versions', count: 10 }, many: { key: 'many-versions', count: many } }
  for (const { key, count } of [versions.few, versions.many]) {
    const { versions: there } = await kms.keys.ensure(key)
    for (let made = there.length; made < count; made++) {
      await kms.keys.rotate(key)
      if (made % 100 === 0) onProgress(made)
    }
  }
  return versions
}

/** What is done with a key, by versions that it has: each in a `Kms` of its own, which has read nothing yet. */
export function versionWorks(place: Place, versions: Versions): readonly Work[] {
  const subject = ({ key, count }: Versions['few'], run: (kms: Kms, key: string) => Promise<unknown>): Subject => ({
    name: subjectOf(count),
    async run() {
      await using kms = await openPlace(place)
      // Awaited before the store is closed.
      return await run(kms, key)
    },
    verify: (result) => result !== undefined,
  })
  const work = (name: string, run: (kms: Kms, key: string) => Promise<unknown>): Work => ({
    name,
    subjects: [subject(versions.many, run), subject(versions.few, run)],
  })
  return [
    work('open the store, first seal', async (kms, key) => (await kms.use(key)).seal(new Uint8Array(64), context)),
    work('open the store, rotate', (kms, key) => kms.keys.rotate(key)),
  ]
}

/** What a report calls a key of so many versions. */
export const subjectOf = (count: number): string => `${count.toLocaleString('en')} versions`
