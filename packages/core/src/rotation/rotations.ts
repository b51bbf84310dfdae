import { day } from '../durations.ts'
import { KmsError } from '../errors.ts'
import { type ChangeOptions, type KeyChanges, reasonOf } from '../keys/key-changes.ts'
import type { KeyInfo } from '../keys/key-info.ts'
import { checkName } from '../store/names.ts'
import type { KeyRecord, RotationRecord } from '../store/records.ts'
import { type AdvanceOptions, type Distribution, RotationProgress } from './advance.ts'
import { begin, type RotateOptions } from './begin.ts'
import { revocation } from './revocation.ts'
import { type RotationInfo, rotationInfo } from './rotation-info.ts'
import { RotationRecords } from './rotation-records.ts'
import { hasEnded, type RotationStanding } from './rotation-steps.ts'
import { rolledBack, shortened } from './step-changes.ts'

/**
 * Rotations in six steps (requirement R3), each one commit: whoever may administer the ring goes on with one that was interrupted. All
 * calls throw what `kms.keys` throws.
 */
export class Rotations {
  readonly #changes: KeyChanges
  readonly #records: RotationRecords
  readonly #progress: RotationProgress

  /** Use `kms.rotations`. */
  constructor(changes: KeyChanges, distribution: Distribution) {
    this.#changes = changes
    this.#records = new RotationRecords(changes.ring)
    this.#progress = new RotationProgress(changes, this.#records, distribution)
  }

  /**
   * Makes a new version, tests it, waits until every process that holds the key has it in memory, and makes it the primary. One that is
   * under way is gone on with.
   * @returns the key with its newest versions; `kms.rotations.list` says what a rotation waits for that could not go on
   * @throws `key-not-found`, `limit-exceeded` after 65,535 versions, `internal` for a machine that fails the test; `key-disabled` where the
   * primary is disabled; `conflict` where a rotation to another version is under way, or this one's version was lost before it was the
   * primary: compromised, destroyed, or taken back
   */
  async rotate(name: string, options: RotateOptions = {}): Promise<KeyInfo> {
    await this.#rotate(name, options)
    return this.#changes.summary(checkName(name))
  }

  /** As `rotate`. @returns the rotation */
  async start(name: string, options: RotateOptions = {}): Promise<RotationInfo> {
    return this.#infoOf(await this.#rotate(name, options))
  }

  async #rotate(name: string, options: RotateOptions): Promise<RotationRecord> {
    const rotation = await this.#progress.advance(await begin(this.#changes, this.#records, name, options), options)
    // One that was taken back after its primary had moved was a rotation.
    if (rotation.step !== 'rolled-back' || rotation.transitionUntil > 0) return rotation
    const note = rotation.history.at(-1)?.note ?? ''
    const why = note === '' ? 'it was taken back' : note
    throw new KmsError('conflict', `The rotation of "${name}" ended without a new primary: ${why}. Rotate again.`, {
      keyIds: [rotation.key],
      retry: false,
    })
  }

  /**
   * Goes on with a rotation as far as it can now: after a crash, when a transition has ended, when a process has come back.
   * @param options.wait waits for the leases that a retirement has to outlast, instead of leaving that to a later call
   * @param options.settled says that the caller has waited for them since the rotation was at `retire`
   * @param options.unattended says that no person asks for it: a key without a primary is then left as it is (`no-primary-version`)
   * @throws `key-not-found` for no such rotation, `key-disabled` where the primary was disabled meanwhile
   */
  async resume(id: string, options: Omit<AdvanceOptions, 'urgent'> = {}): Promise<RotationInfo> {
    return this.#infoOf(await this.#progress.advance(await this.#records.find(id), options))
  }

  /** A rotation. @throws `key-not-found` */
  async show(id: string): Promise<RotationInfo> {
    return this.#infoOf(await this.#records.find(id))
  }

  /**
   * The rotations of the ring, or of one key, the youngest first.
   * @param options.all those that ended, too
   */
  async list(options: { readonly key?: string; readonly all?: boolean } = {}): Promise<readonly RotationInfo[]> {
    const { all = false, key } = options
    const only = key === undefined ? undefined : await this.#changes.ring.records.idOf(checkName(key))
    const found: RotationRecord[] = []
    for await (const record of this.#records.all(only)) if (all || !hasEnded(record.step)) found.push(record)
    const infos: RotationInfo[] = []
    for (const record of found.sort((a, b) => b.started - a.started)) infos.push(await this.#infoOf(record))
    return infos
  }

  /**
   * Takes a rotation back: before the primary moved, the new version is destroyed; afterwards, until the old one is retired, the primary
   * moves back, and the new version is retired and goes on opening what it sealed. What is disabled stays disabled.
   * @throws `key-not-found`, `invalid-transition` when it is too late: rotate again
   */
  async rollback(id: string, options: ChangeOptions = {}): Promise<RotationInfo> {
    const rotation = await this.#records.find(id)
    await this.#progress.step('rotation.rollback', rotation, options, (at, doing) =>
      at.rotation.step === 'rolled-back' ? undefined : rolledBack(at, doing, reasonOf(options)),
    )
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
    const rotation = await this.#records.find(id)
    const shorten = (at: Parameters<typeof shortened>[0], doing: Parameters<typeof shortened>[1]) => {
      if (at.rotation.step === 'dual-operation') {
        return shortened(at, doing, at.to.primaryFrom + days * day, rest.reason)
      }
      throw new KmsError('invalid-transition', `The rotation is at ${at.rotation.step}: there is no transition.`)
    }
    await this.#progress.step('rotation.shorten', rotation, rest, shorten, { days })
    return this.resume(id)
  }

  async #infoOf(record: RotationRecord): Promise<RotationInfo> {
    const { record: key } = await this.#changes.ring.records.byId(record.key)
    return rotationInfo(record, key.name, await this.#waitsFor(record, key))
  }

  async #waitsFor(record: RotationRecord, key: KeyRecord): Promise<string> {
    const step = record.step as RotationStanding
    if (step === 'distribute') {
      const why = revocation(await this.#changes.ring.records.primary(key))
      if (why !== '') return `a person: ${why}`
      const missing = await this.#progress.missing(key, record.to)
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
