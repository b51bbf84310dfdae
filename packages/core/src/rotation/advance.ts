import { type ChangeOptions, type KeyChange, type KeyChanges, reasonOf } from '../keys/key-changes.ts'
import { settledAfter } from '../keys/retirement-wait.ts'
import type { KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { checkNotRevoked } from './revocation.ts'
import type { RotationRecords } from './rotation-records.ts'
import { hasBegun } from './rotation-steps.ts'
import { selfTest } from './self-test.ts'
import { activated, type Doing, finished, mayActivate, type Rotating, retired } from './step-changes.ts'

/** Which other processes do not have a version in memory yet. */
export interface Distribution {
  unconfirmed(version: VersionRecord): Promise<readonly { readonly caller: string }[]>
}

/** How far a rotation is gone on with. */
export interface AdvanceOptions {
  readonly urgent?: boolean
  readonly unattended?: boolean
  /** Waits for the leases that a retirement has to outlast, instead of leaving that to a later call. */
  readonly wait?: boolean
  /** Says that the caller has waited for them since the rotation was at `retire`. */
  readonly settled?: boolean
}

/** What a step makes of a rotation; undefined where there is nothing to do any more. */
export type Step = (at: Rotating, doing: Doing) => KeyChange | undefined | Promise<KeyChange | undefined>

/** Takes a rotation's steps, one commit each. */
export class RotationProgress {
  readonly #changes: KeyChanges
  readonly #rotations: RotationRecords
  readonly #distribution: Distribution

  constructor(changes: KeyChanges, rotations: RotationRecords, distribution: Distribution) {
    this.#changes = changes
    this.#rotations = rotations
    this.#distribution = distribution
  }

  /**
   * Goes on from whatever step is recorded until something has to be waited for.
   * @throws `key-disabled`, `no-primary-version` where a person has to decide first
   */
  async advance(rotation: RotationRecord, options: AdvanceOptions): Promise<RotationRecord> {
    const { environment, access, lease } = this.#changes.ring
    const { urgent = false, unattended = false, wait = false, settled = false } = options
    let at = rotation
    if (hasBegun(at.step)) {
      if (!urgent && (await this.#distribute(at)).length > 0) return at
      at = await this.step('rotation.activate', at, {}, async (now, doing) => {
        if (!hasBegun(now.rotation.step)) return undefined
        if (mayActivate(now.to)) {
          checkNotRevoked(now.key, now.from, unattended)
          await selfTest(environment, access, now.to)
        }
        return activated(now, doing, urgent ? 'not waited for' : '')
      })
    }
    if (at.step === 'dual-operation' && at.transitionUntil <= environment.wall()) {
      at = await this.step('rotation.retire', at, {}, (now, doing) => {
        const ended = now.rotation.step === 'dual-operation' && now.rotation.transitionUntil <= doing.time
        return ended ? retired(now, doing) : undefined
      })
      // `settled` was said of a retirement that was there before.
      if (at.step === 'retire' && at.from !== 0 && !wait) return at
    }
    if (at.step !== 'retire') return at
    const over = at.from === 0 || settled
    if (!over && !wait) return at
    if (!over) await environment.pause(settledAfter(lease))
    return this.step('rotation.finish', at, {}, (now, doing) =>
      now.rotation.step === 'retire' ? finished(now, doing) : undefined,
    )
  }

  /** One step as one commit, built from what is recorded now, and again where another process was first. */
  async step(
    operation: string,
    rotation: RotationRecord,
    options: ChangeOptions,
    build: Step,
    bound = {},
  ): Promise<RotationRecord> {
    const { environment, records } = this.#changes.ring
    const { name } = (await records.byId(rotation.key)).record
    const reason = reasonOf(options) || rotation.reason
    await this.#changes.change(
      operation,
      name,
      { ...options, reason },
      async (key) => {
        const now = await this.#rotations.rotating(key, rotation.rotation)
        const doing = { time: environment.wall(), by: environment.caller }
        return (await build(now, doing)) ?? { key, versions: [] }
      },
      { rotation: rotation.rotation, ...bound },
    )
    return this.#rotations.read(rotation.key, rotation.rotation)
  }

  /** Who does not have a version yet; nobody is waited for whose version is useless. */
  async missing(key: KeyRecord, number: number): Promise<readonly { readonly caller: string }[]> {
    const [version] = await this.#changes.ring.records.namedVersions(key, [number])
    return version !== undefined && mayActivate(version) ? this.#distribution.unconfirmed(version) : []
  }

  /** Waits until every process has the version, for as long as a process that does not answer can hold it up. */
  async #distribute(rotation: RotationRecord): Promise<readonly { readonly caller: string }[]> {
    const { environment, lease, records } = this.#changes.ring
    const key = (await records.byId(rotation.key)).record
    for (let waited = 0, step = 50; ; waited += step, step = Math.min(500, step * 2)) {
      const missing = await this.missing(key, rotation.to)
      if (missing.length === 0 || waited > settledAfter(lease)) return missing
      await environment.pause(step)
    }
  }
}
