import type { Primitives } from '../crypto/primitives.ts'
import { toText } from '../encoding/text.ts'
import type { VersionRecord } from '../store/records.ts'
import { incarnationOf } from '../store/version-number.ts'
import { primaryFirst } from './version-change.ts'

// A change of all versions of a key takes several commits where there are very many. Each says in its request's record how far it came,
// so that the same request, repeated after a crash, goes on from there: it reaches no version made since, and none twice.

/** How far a change of all versions has come. Version numbers. */
export interface WholeChange {
  /** What was the primary when it began, which is changed first; 0: none. */
  readonly primary: number
  /** The last version changed, of the others: they are changed in the order they were made. */
  readonly last: number
  /** The newest version when it began. */
  readonly newest: number
}

/** As the record of a request has it (contents-v1 §Administered commits). */
export const wholeChangeText = ({ primary, last, newest }: WholeChange): string => `${primary} ${last} ${newest}`

/** @returns undefined where nothing is left to do */
export function readWholeChange(text: string | undefined): WholeChange | undefined {
  const numbers = (text ?? '').split(' ').map(Number)
  const [primary = 0, last = 0, newest = 0] = numbers
  return numbers.length === 3 ? { primary, last, newest } : undefined
}

/** The id of the request that one of the later commits is made by: the same whenever the first is repeated. */
export const partRequest = (primitives: Primitives, request: string, part: number): string =>
  toText(primitives.hash('SHA-256', new TextEncoder().encode(`${request} ${part}`)))

/** Compares two version numbers by which was made first. @param incarnations of the log, in their order: no two are under way at once */
export function madeFirst(incarnations: readonly number[]): (a: number, b: number) => number {
  const place = (number: number): number => incarnations.indexOf(incarnationOf(number))
  return (a, b) => place(a) - place(b) || a - b
}

/** The number of the version that was made last; 0 for none. */
export const newestOf = (versions: readonly VersionRecord[], incarnations: readonly number[]): number =>
  versions
    .map(({ number }) => number)
    .sort(madeFirst(incarnations))
    .at(-1) ?? 0

/** The versions that are still to be changed, in the order in which they are. */
export function stillToChange(
  versions: readonly VersionRecord[],
  primary: number,
  before: WholeChange | undefined,
  incarnations: readonly number[],
): readonly VersionRecord[] {
  const made = madeFirst(incarnations)
  const inOrder = [...versions].sort((a, b) => made(a.number, b.number))
  if (before === undefined) return primaryFirst(inOrder, primary)
  return inOrder.filter(
    ({ number }) => number !== before.primary && made(number, before.last) > 0 && made(number, before.newest) <= 0,
  )
}
