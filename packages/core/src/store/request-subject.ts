import type { Primitives } from '../crypto/primitives.ts'
import { type CanonicalObject, type CanonicalValue, encodeCanonical } from '../encoding/canonical.ts'
import { toText } from '../encoding/text.ts'

/** Arguments of a change: those that were not given are none. */
export type Arguments = Readonly<Record<string, CanonicalValue | undefined>>

/**
 * What a request is bound to: what it changes, and a hash of its arguments, so that its id repeated with others is refused. It is no
 * secret, so neither is any argument.
 */
export function requestSubject(primitives: Primitives, of: string, given: Arguments): string {
  const present: CanonicalObject = Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, CanonicalValue] => entry[1] !== undefined),
  )
  if (Object.keys(present).length === 0) return of
  return `${of} ${toText(primitives.hash('SHA-256', encodeCanonical(present)))}`
}
