import type { UsageRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'

/** A process that sealed under a version lately. */
export interface LateSealer {
  /** UUID of its session. */
  readonly session: string
  /** The name that it gave itself. */
  readonly caller: string
  /** When it last did, as far as it has said: up to ten seconds ago it may have done so again. */
  readonly time: Date
  /** Whether it is this process. */
  readonly own: boolean
}

/** How often a version was used, approximately. */
export interface VersionUsage {
  readonly label: string
  /** Records, files and messages sealed under it. */
  readonly sealed: number
  readonly opened: number
  /** What its state refused: of one that is disabled or to be destroyed, how often it is still asked for. */
  readonly refused: number
  readonly first: Date
  readonly last: Date
  /** Who sealed under it, the last one first; of a key the last 48. */
  readonly sealedBy: readonly LateSealer[]
}

/** How often a key was used, by all processes together. */
export interface KeyUsage {
  readonly key: string
  readonly keyId: string
  /** Always: what a process counted that was killed, or could not write, is missing. */
  readonly approximate: true
  /** The versions that were used, in the order of their numbers; those used last if there are more than 256. */
  readonly versions: readonly VersionUsage[]
}

/** A key's usage as people and programs see it. @param record undefined if it was never used @param session this process's */
export function keyUsage(
  of: { readonly key: string; readonly name: string },
  record: UsageRecord | undefined,
  session: string,
): KeyUsage {
  const versions = [...(record?.versions ?? [])].sort((a, b) => a.number - b.number)
  return {
    key: of.name,
    keyId: of.key,
    approximate: true,
    versions: versions.map(({ number, sealed, opened, refused, first, last }) => ({
      label: versionLabel(number),
      sealed,
      opened,
      refused,
      first: new Date(first),
      last: new Date(last),
      sealedBy: (record?.sealers ?? [])
        .filter(({ version }) => version === number)
        .map((one) => ({
          session: one.session,
          caller: one.caller,
          time: new Date(one.time),
          own: one.session === session,
        })),
    })),
  }
}
