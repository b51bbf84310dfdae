/**
 * Ids for keys that are made together. All their bits are random, but the first 48 they have in common: so a store that orders records by id writes a few
 * of its pages for all of them, and not one for each. Whoever sees two of the ids learns that one call made both keys.
 * @returns gives another UUID, version 4 of RFC 9562 §5.4, at each call
 */
export function neighbouringIds(): () => string {
  const common = globalThis.crypto.randomUUID().slice(0, 13)
  return () => `${common}${globalThis.crypto.randomUUID().slice(13)}`
}
