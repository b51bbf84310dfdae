import { tolerated } from '../access/ring-clock.ts'
import { hour } from '../durations.ts'
import { KmsError } from '../errors.ts'
import type { VersionState } from '../specs/version-states.ts'
import { checkText } from '../store/names.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import type { Arguments } from '../store/request-subject.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import { keyUsage, type LateSealer } from '../usage/key-usage.ts'
import { calledBack, destroyed, longestWait } from './destruction.ts'
import { type Distribution, distributionsOf } from './distributions.ts'
import { type ChangeOptions, type KeyChange, type KeyChanges, reasonOf } from './key-changes.ts'
import type { KeyInfo } from './key-info.ts'
import { settledAfter } from './retirement-wait.ts'
import { changeVersions, staysPrimary } from './version-change.ts'
import {
  newestOf,
  partRequest,
  readWholeChange,
  stillToChange,
  type WholeChange,
  wholeChangeText,
} from './whole-change.ts'

/** What `kms.keys.retire` gives. */
export interface Retirement {
  readonly key: KeyInfo
  /** Milliseconds for which other processes may still seal under the version: what is left of their leases. */
  readonly settledAfterMs: number
  /** Processes that sealed under the version within the last hour, as far as they have said: they may have to be restarted. */
  readonly sealedBy: readonly LateSealer[]
}

/** A key after a version of it was destroyed, scheduled or marked compromised. */
export interface WithCopies extends KeyInfo {
  /** Whom the version was sent to (`kms.keys.send`), the youngest sending first: their copies are theirs to destroy, and nothing here reaches them. */
  readonly copies: readonly Distribution[]
}

export interface DestroyOptions extends ChangeOptions {
  /** Days in which it can be called back, and nothing opens with it: 0 to 365; 0, at once, unless given. */
  readonly waitDays?: number
  /**
   * Says that nothing needs the version any more, and why, up to 2,000 characters: for keys that agree, transport, derive or make macs, since no census sees what
   * they protected. It is kept as the reason; spaces alone are none.
   */
  readonly declaration?: string
}

/** Which versions: one, by label or number; all that it applies to, where none is given. */
export type Chosen = string | number | undefined

/** Text that shows nothing says nothing. */
const invisible = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}]*$/u

/** The verbs that change the states of versions. `kms.keys` offers them. */
export class VersionTransitions {
  readonly #changes: KeyChanges

  constructor(changes: KeyChanges) {
    this.#changes = changes
  }

  async retire(name: string, version: string | number, options: ChangeOptions): Promise<Retirement> {
    const key = await this.#transition('key.retire', name, version, 'deactivated', options)
    return {
      key,
      settledAfterMs: settledAfter(this.#changes.ring.lease),
      sealedBy: await this.#sealedLately(key, version),
    }
  }

  /** Who sealed under a version within the last hour, with a warning that says so. A usage that cannot be read says nothing. */
  async #sealedLately(key: KeyInfo, version: string | number): Promise<readonly LateSealer[]> {
    const { usage, environment } = this.#changes.ring
    const label = versionLabel(parseVersionLabel(version))
    const record = await usage
      .flush()
      .then(() => usage.read(key.id))
      .catch(() => undefined)
    const { versions } = keyUsage({ key: key.id, name: key.name }, record, usage.session)
    const now = environment.wall()
    const lately = (versions.find((one) => one.label === label)?.sealedBy ?? []).filter(
      ({ time }) => now - time.getTime() < hour,
    )
    const [last] = lately
    if (last !== undefined) {
      const ago = Math.max(0, Math.round((now - last.time.getTime()) / 1_000))
      const more = lately.length > 1 ? `, and ${lately.length - 1} more within the hour` : ''
      environment.onWarning({
        code: 'sealed-lately',
        message: `Version ${label} of "${key.name}" sealed ${ago} s ago by ${last.caller}, session ${last.session}${more}.`,
      })
    }
    return lately
  }

  disable(name: string, version: Chosen, options: ChangeOptions): Promise<KeyInfo> {
    return this.#transition('key.disable', name, version, 'suspended', options)
  }

  enable(name: string, version: Chosen, options: ChangeOptions): Promise<KeyInfo> {
    return this.#transition('key.enable', name, version, 'previous', options)
  }

  /** @param since when it may have become known to others; now unless given */
  async compromise(
    name: string,
    version: Chosen,
    options: ChangeOptions & { readonly since?: Date },
  ): Promise<WithCopies> {
    const { since, ...rest } = options
    const key = await this.#transition('key.compromise', name, version, 'compromised', rest, since?.getTime())
    return this.#withCopies(key, version)
  }

  async #withCopies(key: KeyInfo, version: Chosen): Promise<WithCopies> {
    const numbers = version === undefined ? undefined : [parseVersionLabel(version)]
    return { ...key, copies: await distributionsOf(this.#changes.ring, key.id, numbers) }
  }

  /** Destroys a version, or schedules it. */
  async destroy(name: string, version: string | number, options: DestroyOptions): Promise<WithCopies> {
    const { waitDays = 0, declaration: declared = '', ...given } = options
    const text = checkText(declared, 'A declaration')
    const declaration = invisible.test(text) ? '' : text.trim()
    const rest =
      declaration === '' ? given : { ...given, reason: [given.reason, declaration].filter(Boolean).join('. ') }
    if (!Number.isInteger(waitDays) || waitDays < 0 || waitDays > longestWait) {
      throw new KmsError('invalid-argument', `A destruction waits for 0 to ${longestWait} days.`)
    }
    const { authority, environment, clock } = this.#changes.ring
    const key = await this.#one(
      'key.destroy',
      name,
      version,
      rest,
      async (key, found) => {
        const by = environment.caller
        // A schedule is a promise of time: it is carried out on a clock that can be right alone.
        if (found.destruction.length > 0) await clock.check('Nothing was destroyed.', tolerated.destruction)
        const { incarnation } = authority.head.record
        return destroyed(key, found, {
          time: environment.wall(),
          waitDays,
          by,
          reason: reasonOf(rest),
          declaration,
          incarnation,
        })
      },
      { waitDays, declaration: declaration || undefined },
    )
    return this.#withCopies(key, version)
  }

  cancelDestruction(name: string, version: string | number, options: ChangeOptions): Promise<KeyInfo> {
    return this.#one('key.cancel-destruction', name, version, options, calledBack)
  }

  /** A change of one version that leaves the key's own record. @param build gives the same object if nothing changes */
  #one(
    operation: string,
    name: string,
    version: string | number,
    options: ChangeOptions,
    build: (key: KeyRecord, version: VersionRecord) => VersionRecord | Promise<VersionRecord>,
    given: Arguments = {},
  ): Promise<KeyInfo> {
    const number = parseVersionLabel(version)
    return this.#changes.change(
      operation,
      name,
      options,
      async (key) => {
        const found = await this.#changes.ring.records.namedVersions(key, [number])
        const versions: VersionRecord[] = []
        for (const before of found) {
          const after = await build(key, before)
          if (after !== before) versions.push({ ...after, revision: before.revision + 1 })
        }
        return { key, versions }
      },
      { ...given, version: number },
    )
  }

  /** One commit for the version named; for all, as many as it takes, the primary first (whole-change.ts). */
  async #transition(
    operation: string,
    name: string,
    version: Chosen,
    to: VersionState | 'previous',
    options: ChangeOptions,
    since?: number,
  ): Promise<KeyInfo> {
    const { environment, records, authority } = this.#changes.ring
    const numbers = version === undefined ? undefined : [parseVersionLabel(version)]
    const all = numbers === undefined
    const build = async (key: KeyRecord, before: WholeChange | undefined): Promise<KeyChange> => {
      const { incarnations } = authority.head.record
      const versions = all
        ? stillToChange(await records.allVersions(key), key.primary, before, incarnations)
        : await records.namedVersions(key, numbers)
      const time = environment.wall()
      const { changed, more } = changeVersions(key, versions, {
        to,
        all,
        time,
        reason: reasonOf(options),
        ...(since !== undefined && { since: Math.min(since, time) }),
      })
      const ended = changed.some(({ number, state }) => number === key.primary && !staysPrimary(state))
      const last = changed.at(-1)?.number ?? 0
      const newest = before?.newest ?? newestOf(versions, incarnations)
      return {
        key: ended ? { ...key, primary: 0 } : key,
        versions: changed,
        ...(more && { outcome: wholeChangeText({ primary: before?.primary ?? key.primary, last, newest }) }),
      }
    }
    const { requestId: request = globalThis.crypto.randomUUID(), ...rest } = options
    let before: WholeChange | undefined
    for (let part = 0; ; part++) {
      const requestId = part === 0 ? request : partRequest(environment.primitives, request, part)
      const given = { version: numbers?.[0], since, part: part || undefined }
      const at = before
      const info = await this.#changes.change(operation, name, { ...rest, requestId }, (key) => build(key, at), given)
      before = all ? readWholeChange(await authority.outcomeOf(requestId)) : undefined
      if (before === undefined) return info
    }
  }
}
