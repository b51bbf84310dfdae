import { KmsError } from '../errors.ts'
import { type ChangeOptions, type KeyChanges, reasonOf, withVersion } from '../keys/key-changes.ts'
import type { KeyInfo } from '../keys/key-info.ts'
import { checkName } from '../keys/names.ts'
import { settledAfter } from '../keys/retirement-wait.ts'
import { generateVersion } from '../keys/version-material.ts'
import { nextNumber, parseVersionLabel, versionLabel } from '../keys/version-number.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { rotationId, rotationPrefix } from '../store/record-ids.ts'
import type { KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { newRotation } from './new-rotation.ts'
import { type RotationInfo, rotationInfo } from './rotation-info.ts'
import type { RotationStanding } from './rotation-steps.ts'
import { selfTest } from './self-test.ts'
import {
  abandoned,
  activated,
  finished,
  mayActivate,
  type Rotating,
  retired,
  rolledBack,
  shortened,
} from './step-changes.ts'

export interface RotateOptions extends ChangeOptions {
  /** A pre-active version to rotate to, by label or number, such as an imported one; a new one unless given. */
  readonly to?: string | number
  /** `request` unless given; `schedule`, or an incident's id. */
  readonly trigger?: string
  /** Moves the primary without waiting until every process has the new version: those that have not load it when they meet it. */
  readonly urgent?: boolean
}

/** Which other processes do not have a version in memory yet. */
export interface Distribution {
  unconfirmed(version: VersionRecord): Promise<readonly { readonly caller: string }[]>
}

const day = 86_400_000
const open: readonly string[] = ['generate', 'distribute', 'dual-operation', 're-encrypt', 'retire', 'destroy']
const began: readonly string[] = ['generate', 'distribute']

/**
 * Rotations in six steps (requirement R3), each one commit: whoever may administer the ring goes on with one that was interrupted. All
 * calls throw what `kms.keys` throws.
 */
export class Rotations {
  readonly #changes: KeyChanges
  readonly #distribution: Distribution

  /** Use `kms.rotations`. */
  constructor(changes: KeyChanges, distribution: Distribution) {
    this.#changes = changes
    this.#distribution = distribution
  }

  /**
   * Makes a new version, tests it, waits until every process that holds the key has it in memory, and makes it the primary. One that is
   * under way is gone on with.
   * @returns the key with its newest versions; `kms.rotations.list` says what a rotation waits for that could not go on
   * @throws `key-not-found`, `limit-exceeded` after 65,535 versions, `internal` for a machine that fails the test
   */
  async rotate(name: string, options: RotateOptions = {}): Promise<KeyInfo> {
    const rotation = await this.#generate(name, options)
    if (rotation !== undefined) await this.#advance(rotation, options)
    return this.#changes.summary(checkName(name))
  }

  /** As `rotate`. @returns the rotation */
  async start(name: string, options: RotateOptions = {}): Promise<RotationInfo> {
    const rotation = await this.#generate(name, options)
    if (rotation === undefined) {
      throw new KmsError('invalid-argument', 'The request was done before. kms.rotations.list shows its rotation.')
    }
    return this.#infoOf(await this.#advance(rotation, options))
  }

  /**
   * Goes on with a rotation as far as it can now: after a crash, when a transition has ended, when a process has come back.
   * @param options.wait waits for the leases that a retirement has to outlast, instead of leaving that to a later call
   * @param options.settled says that the caller has waited for them since the rotation was at `retire`
   * @throws `key-not-found` for no such rotation
   */
  async resume(
    id: string,
    options: { readonly wait?: boolean; readonly settled?: boolean } = {},
  ): Promise<RotationInfo> {
    return this.#infoOf(await this.#advance(await this.#find(id), options))
  }

  /** A rotation. @throws `key-not-found` */
  async show(id: string): Promise<RotationInfo> {
    return this.#infoOf(await this.#find(id))
  }

  /**
   * The rotations of the ring, or of one key, the youngest first.
   * @param options.all those that ended, too
   */
  async list(options: { readonly key?: string; readonly all?: boolean } = {}): Promise<readonly RotationInfo[]> {
    const { all = false, key } = options
    const only = key === undefined ? undefined : await this.#changes.ring.records.idOf(checkName(key))
    const found: RotationRecord[] = []
    for await (const record of this.records(only)) if (all || open.includes(record.step)) found.push(record)
    const infos: RotationInfo[] = []
    for (const record of found.sort((a, b) => b.started - a.started)) infos.push(await this.#infoOf(record))
    return infos
  }

  /**
   * Takes a rotation back: before the primary moved, the new version is destroyed; afterwards, until the old one is retired, the primary
   * moves back, and the new version is retired and goes on opening what it sealed.
   * @throws `key-not-found`, `invalid-transition` when it is too late: rotate again
   */
  async rollback(id: string, options: ChangeOptions = {}): Promise<RotationInfo> {
    const rotation = await this.#find(id)
    if (rotation.step === 'rolled-back') return this.#infoOf(rotation)
    await this.#step('rotation.rollback', rotation, options, (at, doing) => rolledBack(at, doing, reasonOf(options)))
    return this.show(id)
  }

  /**
   * Ends a transition earlier.
   * @param options.reason why: it must be given
   * @param options.days days of the transition, from when the primary moved: 0, now, unless given
   * @throws `key-not-found`, `invalid-argument`, `invalid-transition` where there is no transition
   */
  async shorten(
    id: string,
    options: ChangeOptions & { readonly reason: string; readonly days?: number },
  ): Promise<RotationInfo> {
    const { days = 0, ...rest } = options
    if (reasonOf(rest) === '')
      throw new KmsError('invalid-argument', 'A transition is shortened for a reason: name it.')
    if (!Number.isInteger(days) || days < 0) throw new KmsError('invalid-argument', 'Days are a number from 0.')
    const rotation = await this.#find(id)
    await this.#step('rotation.shorten', rotation, rest, (at, doing) => {
      if (at.rotation.step !== 'dual-operation') {
        throw new KmsError('invalid-transition', `The rotation is at ${at.rotation.step}: there is no transition.`)
      }
      return shortened(at, doing, at.to.primaryFrom + days * day, rest.reason)
    })
    return this.resume(id)
  }

  /** The records of rotations, of one key or of all. */
  async *records(key: string | undefined): AsyncGenerator<RotationRecord> {
    const { environment, access, authority } = this.#changes.ring
    await authority.refresh()
    const prefix = rotationPrefix(access.record.ring) + (key === undefined ? '' : `${key}/`)
    for await (const stored of administeredRecords(environment.store, prefix)) {
      yield (await authority.open('rotation', stored)).record
    }
  }

  /** Step 1, or the rotation that is under way. @returns undefined where the request was done before */
  async #generate(name: string, options: RotateOptions): Promise<RotationRecord | undefined> {
    const { ring } = this.#changes
    const { environment, access, authority, records } = ring
    const { to, trigger = 'request', urgent: _, ...rest } = options
    const rotation = globalThis.crypto.randomUUID()
    const number = to === undefined ? 0 : parseVersionLabel(to)
    let under: { readonly key: string; readonly rotation: string } | undefined
    await this.#changes.change(
      'rotation.generate',
      name,
      rest,
      async (key) => {
        const time = environment.wall()
        const useless = key.rotation === '' ? undefined : await this.#useless(key, time)
        if (key.rotation !== '' && useless === undefined) {
          under = { key: key.key, rotation: key.rotation }
          return { key, versions: [] }
        }
        under = { key: key.key, rotation }
        const given = number === 0 ? undefined : (await records.namedVersions(key, [number]))[0]
        if (given !== undefined && given.state !== 'pre-active') {
          throw new KmsError(
            'invalid-transition',
            `Version ${versionLabel(number)} of "${key.name}" is ${given.state}; a rotation leads to one that is pre-active.`,
          )
        }
        const made = nextNumber(key.newest, authority.head.record.incarnation)
        const version =
          given ??
          generateVersion(environment, access, {
            key: key.key,
            number: made,
            time,
            reason: reasonOf(rest),
            state: 'pre-active',
          })
        selfTest(environment, access, version)
        const record = newRotation(environment, key, {
          rotation,
          to: version.number,
          trigger,
          reason: reasonOf(rest),
          step: 'distribute',
          transitionUntil: 0,
        })
        return {
          key: { ...(given === undefined ? withVersion(key, made) : key), rotation },
          versions: given === undefined ? [version] : [],
          others: useless === undefined ? [record] : [record, useless],
        }
      },
      to === undefined ? '' : versionLabel(number),
    )
    if (under !== undefined) return this.#read(under.key, under.rotation)
    // The request was committed before: by a call that may have ended before the primary moved.
    const { record } = await records.byName(checkName(name))
    return record.rotation === '' ? undefined : this.#read(record.key, record.rotation)
  }

  /** The end of the rotation under way, where its version was compromised or destroyed meanwhile. */
  async #useless(key: KeyRecord, time: number): Promise<RotationRecord | undefined> {
    const { environment } = this.#changes.ring
    const under = await this.#read(key.key, key.rotation)
    const { to } = await this.#versionsOf(key, under)
    return mayActivate(to) ? undefined : abandoned(under, to, { time, by: environment.caller })
  }

  /** Goes on from whatever step is recorded, one commit a step, until something has to be waited for. */
  async #advance(
    rotation: RotationRecord,
    options: { readonly urgent?: boolean; readonly wait?: boolean; readonly settled?: boolean },
  ): Promise<RotationRecord> {
    const { environment, lease } = this.#changes.ring
    let at = rotation
    if (began.includes(at.step)) {
      const missing = options.urgent === true ? [] : await this.#distribute(at)
      if (missing.length > 0) return at
      const note = options.urgent === true ? 'not waited for' : ''
      at = await this.#step('rotation.activate', at, {}, (rotating, doing) => {
        if (mayActivate(rotating.to)) selfTest(environment, this.#changes.ring.access, rotating.to)
        return activated(rotating, doing, note)
      })
    }
    if (at.step === 'dual-operation' && at.transitionUntil <= environment.wall()) {
      at = await this.#step('rotation.retire', at, {}, retired)
      // `settled` was said of a retirement that was there before.
      if (at.step === 'retire' && at.from !== 0 && options.wait !== true) return at
    }
    if (at.step === 'retire') {
      const settled = at.from === 0 || options.settled === true
      if (!settled && options.wait === true) await environment.pause(settledAfter(lease))
      if (settled || options.wait === true) at = await this.#step('rotation.finish', at, {}, finished)
    }
    return at
  }

  /** Waits until every process has the version, for as long as a process that does not answer can hold it up. */
  async #distribute(rotation: RotationRecord): Promise<readonly { readonly caller: string }[]> {
    const { environment, lease, records } = this.#changes.ring
    const key = (await records.byId(rotation.key)).record
    for (let waited = 0, step = 50; ; waited += step, step = Math.min(500, step * 2)) {
      const missing = await this.#missing(key, rotation.to)
      if (missing.length === 0 || waited > settledAfter(lease)) return missing
      await environment.pause(step)
    }
  }

  /** Who does not have a version yet; nobody is waited for whose version is useless. */
  async #missing(key: KeyRecord, number: number): Promise<readonly { readonly caller: string }[]> {
    const [version] = await this.#changes.ring.records.namedVersions(key, [number])
    return version !== undefined && mayActivate(version) ? this.#distribution.unconfirmed(version) : []
  }

  /** One step as one commit, done once however often it is called; what another process did meanwhile stands. */
  async #step(
    operation: string,
    rotation: RotationRecord,
    options: ChangeOptions,
    build: (at: Rotating, doing: { readonly time: number; readonly by: string }) => ReturnType<typeof retired>,
  ): Promise<RotationRecord> {
    const { environment, records } = this.#changes.ring
    const { name } = (await records.byId(rotation.key)).record
    await this.#changes.change(
      operation,
      name,
      { reason: rotation.reason, ...options },
      async (key) => {
        const now = await this.#read(rotation.key, rotation.rotation)
        // Another process took this step; what comes next is looked at anew.
        if (now.revision !== rotation.revision) return { key, versions: [] }
        const { to, from } = await this.#versionsOf(key, now)
        return build({ key, rotation: now, to, from }, { time: environment.wall(), by: environment.caller })
      },
      rotation.rotation,
    )
    return this.#read(rotation.key, rotation.rotation)
  }

  async #versionsOf(
    key: KeyRecord,
    rotation: RotationRecord,
  ): Promise<{ readonly to: VersionRecord; readonly from: VersionRecord | undefined }> {
    const { records } = this.#changes.ring
    const [to] = await records.namedVersions(key, [rotation.to])
    // Until the primary has moved, it is what is recorded as the primary now.
    const number = began.includes(rotation.step) ? key.primary : rotation.from
    const [from] = number === 0 ? [] : await records.namedVersions(key, [number])
    return { to: to as VersionRecord, from }
  }

  async #find(id: string): Promise<RotationRecord> {
    for await (const record of this.records(undefined)) if (record.rotation === id) return record
    throw new KmsError('key-not-found', `There is no rotation ${id} in this ring. kms rotation list shows them.`)
  }

  async #read(key: string, rotation: string): Promise<RotationRecord> {
    const { access, authority } = this.#changes.ring
    const found = await authority.read('rotation', rotationId(access.record.ring, key, rotation))
    if (found !== undefined) return found.record
    throw new KmsError('store-corrupt', `The record of rotation ${rotation} is missing. Restore a backup.`)
  }

  async #infoOf(record: RotationRecord): Promise<RotationInfo> {
    const { record: key } = await this.#changes.ring.records.byId(record.key)
    return rotationInfo(record, key.name, await this.#waitsFor(record, key))
  }

  async #waitsFor(record: RotationRecord, key: KeyRecord): Promise<string> {
    const step = record.step as RotationStanding
    if (step === 'distribute') {
      const missing = await this.#missing(key, record.to)
      return missing.length === 0
        ? ''
        : `processes that do not have it yet: ${missing.map(({ caller }) => caller).join(', ')}`
    }
    if (step === 'dual-operation' && record.transitionUntil > this.#changes.ring.environment.wall()) {
      return `the end of the transition, ${new Date(record.transitionUntil).toISOString()}`
    }
    if (step === 're-encrypt') return 'what the old version sealed to be sealed anew: kms reencrypt'
    return step === 'retire' ? 'leases that could name the old version' : ''
  }
}
