import { KmsError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { checkName } from '../store/names.ts'
import { keyPrefix } from '../store/record-ids.ts'
import type { KeyRecord } from '../store/records.ts'
import { parseVersionLabel } from '../store/version-number.ts'
import type { Treatment } from './incident-plan.ts'
import { type IncidentTrigger, incidentTriggers } from './incident-triggers.ts'

/** Which keys an incident reaches. */
export interface IncidentScope {
  /** Their names, at most 500; or `all` keys of the ring. */
  readonly keys: readonly string[] | 'all'
  /** Of a compromise of one key: the version that may be known; all that are not destroyed unless given. */
  readonly version?: string | number
  /** Retires what was the primary at once; it stays active for the key's transition unless given. A compromise marks it in any case. */
  readonly retireNow?: boolean
}

/** Keys of one incident: its record has 64 KiB. */
const keyLimit = 500

/** How a scope's versions are treated. @throws `invalid-argument` */
export function treatmentOf(
  trigger: IncidentTrigger,
  { keys, version, retireNow = false }: IncidentScope,
  incarnation: number,
): Treatment {
  if (!Object.hasOwn(incidentTriggers, trigger)) {
    throw new KmsError('invalid-argument', `An incident is one of ${Object.keys(incidentTriggers).join(', ')}.`)
  }
  if (version !== undefined && (trigger !== 'compromise' || keys === 'all' || keys.length !== 1)) {
    throw new KmsError('invalid-argument', 'A version is named for a compromise of one key.')
  }
  return { trigger, version: version === undefined ? undefined : parseVersionLabel(version), retireNow, incarnation }
}

/** The keys of a scope. @throws `invalid-argument` for none, `key-not-found`, `version-lost`, `limit-exceeded` */
export async function keysOf(
  ring: KeyRing,
  { keys }: IncidentScope,
  version: number | undefined,
): Promise<readonly KeyRecord[]> {
  const { environment, access, authority, records } = ring
  await authority.refresh()
  const found: KeyRecord[] = []
  if (keys === 'all') {
    for await (const stored of administeredRecords(environment.store, keyPrefix(access.record.ring))) {
      found.push((await authority.open('key', stored)).record)
      if (found.length > keyLimit) throw tooMany()
    }
  } else {
    const names = [...new Set(keys.map((name) => checkName(name)))]
    if (names.length > keyLimit) throw tooMany()
    for (const name of names) found.push((await records.byName(name)).record)
  }
  if (found.length === 0) throw new KmsError('invalid-argument', 'An incident reaches at least one key.')
  if (version !== undefined) await records.namedVersions(found[0] as KeyRecord, [version])
  return found
}

const tooMany = (): KmsError =>
  new KmsError('limit-exceeded', `An incident reaches ${keyLimit} keys at most: name them in several.`)
