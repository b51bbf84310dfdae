import { Authority } from '../access/authority.ts'
import type { Environment } from '../access/environment.ts'
import { beginIncarnation } from '../access/incarnation.ts'
import { accessRing, type RingAccess } from '../access/ring-access.ts'
import { SeenHeads } from '../access/seen-heads.ts'
import { accessStore, type StoreAccess } from '../access/store-access.ts'
import { KeyRing } from '../keys/key-ring.ts'
import type { OpenOptions } from './kms-options.ts'

/** An opened store and ring: what a `Kms` is made of. */
export interface OpenParts {
  readonly environment: Environment
  readonly access: StoreAccess
  readonly storeAuthority: Authority
  readonly ring: KeyRing
  /** Resolves when what was seen of the store is remembered for later processes, or a warning has said that it could not be. */
  readonly remembered: () => Promise<void>
}

/** Opens a store with a root, and a ring of it; checks both against what this machine has seen. Throws as `Kms.open`. */
export async function openParts(options: OpenOptions, environment: Environment): Promise<OpenParts> {
  const access = await accessStore(environment, options.root, options.fingerprint)
  try {
    const ringAccess = await accessRing(environment, access, options.ring)
    try {
      return await openRing(options, environment, access, ringAccess)
    } catch (error) {
      ringAccess.release()
      throw error
    }
  } catch (error) {
    access.owner?.wipe()
    throw error
  }
}

async function openRing(
  options: OpenOptions,
  environment: Environment,
  access: StoreAccess,
  ringAccess: RingAccess,
): Promise<OpenParts> {
  const { fingerprint, record } = access
  const { lastSeen, onWarning } = environment
  const seen = await lastSeen.read(fingerprint)
  // An application's ring is vouched for by whoever may use it; only the fingerprint says which store it is of.
  const vouched = access.owner !== undefined && !options.root.publiclySealable
  if (seen === null && !vouched && options.fingerprint === undefined) {
    onWarning({
      code: 'first-use',
      message: `This machine sees the store for the first time. Check that its fingerprint is ${fingerprint}.`,
    })
  }
  const heads = new SeenHeads(lastSeen, fingerprint, () => {
    onWarning({
      code: 'last-seen-unwritten',
      message:
        'How new the store is could not be remembered: rolled back while no process has it open, it would go unnoticed.',
    })
  })
  const authority = (log: string, of: Pick<RingAccess, 'verifyingKey' | 'signingKey'>): Authority =>
    new Authority({
      environment,
      storeId: record.store,
      log,
      ...of,
      seen: options.acceptRestore === undefined ? seen?.logs[log] : undefined,
      heads,
    })
  const storeAuthority = authority('store', {
    verifyingKey: access.verifyingKey,
    signingKey: access.owner?.administration,
  })
  const ring = new KeyRing(environment, ringAccess, authority(ringAccess.record.ring, ringAccess), record.lease)
  await Promise.all([storeAuthority.refresh(), ring.renew()])
  // Nothing is done with a state of the store that an older one could take the place of, or a warning says so: whoever only reads goes on.
  await heads.remembered().catch(() => {})
  if (options.acceptRestore !== undefined) {
    if (ringAccess.signingKey !== undefined) await beginIncarnation(ring.authority, options.acceptRestore)
    const accepted = [storeAuthority, ring.authority].map(({ log, head }) => [
      log,
      {
        epoch: head.record.epoch,
        root: head.record.root,
        size: head.record.size,
        frontier: head.record.frontier,
      },
    ])
    await heads.remembered()
    await lastSeen.write(fingerprint, { logs: Object.fromEntries(accepted) }, true)
  }
  return { environment, access, storeAuthority, ring, remembered: () => heads.remembered().catch(() => {}) }
}
