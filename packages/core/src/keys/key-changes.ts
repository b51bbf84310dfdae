import { checkName, checkText } from '../store/names.ts'
import type { IncidentRecord, KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { type Arguments, requestSubject } from '../store/request-subject.ts'
import { type KeyInfo, keyInfo } from './key-info.ts'
import type { KeyRing } from './key-ring.ts'

/** How many versions a key's record names: the newest. */
const newestLimit = 64

/** A key's record with one version more. */
export const withVersion = (key: KeyRecord, number: number): KeyRecord => ({
  ...key,
  newest: [...key.newest, number].slice(-newestLimit),
  made: key.made + 1,
})

/** How a change is asked for. */
export interface ChangeOptions {
  /** Why, for the log: up to 2,000 characters. */
  readonly reason?: string
  /**
   * A UUID of the caller's, so that a call repeated after an unknown outcome is done once. It stands for this call with these arguments:
   * with others it is refused (`conflict`).
   */
  readonly requestId?: string
}

/** A change of one key, in its new form. */
export interface KeyChange {
  /** The same object if the key's own record stays. */
  readonly key: KeyRecord
  /** Versions in their new form, with the revision they get. */
  readonly versions: readonly VersionRecord[]
  /** Its rotation, and what asked for it, likewise. */
  readonly others?: readonly (RotationRecord | IncidentRecord)[]
  /** What a repeat of the request has to know (`Authority.outcomeOf`). */
  readonly outcome?: string
}

/** Gives the id and revision of a record that a commit depends on. */
export type Guard = () => Promise<{ readonly id: string; readonly revision: number }>

/** Told of each change that was made. */
export type OnChange = (operation: string, key: string, keyId: string, version: string | undefined) => void

/** Changes of a ring's keys: each one a signed, logged compare-and-commit, seen at once by this process's handles. */
export class KeyChanges {
  readonly ring: KeyRing
  readonly onChange: OnChange
  readonly #guard: Guard | undefined

  /** @param guard what each commit expects beside, such as a claim that still holds; it throws where nothing may be committed */
  constructor(ring: KeyRing, onChange: OnChange, guard?: Guard) {
    this.ring = ring
    this.onChange = onChange
    this.#guard = guard
  }

  /**
   * Makes one change of a key; nothing is committed where nothing changes.
   * @param operation as the log names it
   * @param build gives the change of the key's present record; called again where another process was first
   * @param given its arguments beside the key and the reason: a request is bound to them
   * @returns the key with its newest versions
   */
  async change(
    operation: string,
    name: string,
    options: ChangeOptions,
    build: (key: KeyRecord) => KeyChange | Promise<KeyChange>,
    given: Arguments = {},
  ): Promise<KeyInfo> {
    const checked = checkName(name)
    const reason = reasonOf(options)
    const { authority, environment, records } = this.ring
    const subject = requestSubject(environment.primitives, checked, { ...given, reason })
    await authority.commit(operation, subject, options.requestId, async () => {
      const { record, revision } = await records.byName(checked)
      const { key, versions, others = [], outcome = '' } = await build(record)
      if (key === record && versions.length === 0 && others.length === 0) return undefined
      const expect = this.#guard === undefined ? [] : [await this.#guard()]
      return { reason, records: [{ ...key, revision: revision + 1 }, ...versions, ...others], expect, outcome }
    })
    // The handles of this process see it at once.
    await this.ring.renew()
    const info = await this.summary(checked)
    this.onChange(operation, info.name, info.id, info.primary ?? undefined)
    return info
  }

  /** A key as people and programs see it. */
  info(key: KeyRecord, versions: readonly VersionRecord[]): KeyInfo {
    return keyInfo(key, versions, this.ring.access.record.name)
  }

  /** A key with all its versions, as it is now. @throws `key-not-found` */
  async whole(name: string): Promise<KeyInfo> {
    await this.ring.authority.refresh()
    const { record } = await this.ring.records.byName(name)
    return this.info(record, await this.ring.records.allVersions(record))
  }

  /** A key with its newest versions: what a change gives, at the same cost however many versions there are. */
  async summary(name: string): Promise<KeyInfo> {
    const { record } = await this.ring.records.byName(name)
    return this.info(record, await this.ring.records.newestVersions(record))
  }
}

/** @throws `invalid-argument` for a reason that is too long */
export const reasonOf = (options: ChangeOptions): string => checkText(options.reason ?? '', 'A reason')
