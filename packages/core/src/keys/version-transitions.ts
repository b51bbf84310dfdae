import type { KeyRecord } from '../store/records.ts'
import { type ChangeOptions, type KeyChange, type KeyChanges, reasonOf } from './key-changes.ts'
import type { KeyInfo } from './key-info.ts'
import type { VersionState } from './states.ts'
import { changeVersions, staysPrimary } from './version-change.ts'
import { parseVersionLabel, versionLabel } from './version-number.ts'

/** Part of the lease that is waited for beyond it: clocks of different machines do not run equally fast. */
const leaseMargin = 1.1

/** What `kms.keys.retire` gives. */
export interface Retirement {
  readonly key: KeyInfo
  /** Milliseconds for which other processes may still seal under the version: what is left of their leases. */
  readonly settledAfterMs: number
}

/** Which versions: one, by label or number; all that it applies to, where none is given. */
export type Chosen = string | number | undefined

/** The verbs that change the states of versions. `kms.keys` offers them. */
export class VersionTransitions {
  readonly #changes: KeyChanges

  constructor(changes: KeyChanges) {
    this.#changes = changes
  }

  async retire(name: string, version: string | number, options: ChangeOptions): Promise<Retirement> {
    const key = await this.#transition('key.retire', name, version, 'deactivated', options)
    return { key, settledAfterMs: Math.ceil(this.#changes.ring.lease * leaseMargin) }
  }

  disable(name: string, version: Chosen, options: ChangeOptions): Promise<KeyInfo> {
    return this.#transition('key.disable', name, version, 'suspended', options)
  }

  enable(name: string, version: Chosen, options: ChangeOptions): Promise<KeyInfo> {
    return this.#transition('key.enable', name, version, 'previous', options)
  }

  /** One commit for the version named; for all, as many as it takes, the primary first. */
  async #transition(
    operation: string,
    name: string,
    version: Chosen,
    to: VersionState | 'previous',
    options: ChangeOptions,
  ): Promise<KeyInfo> {
    const { environment, records } = this.#changes.ring
    const numbers = version === undefined ? undefined : [parseVersionLabel(version)]
    const all = numbers === undefined
    let more = false
    const build = async (key: KeyRecord): Promise<KeyChange> => {
      const versions = all ? await records.allVersions(key) : await records.namedVersions(key, numbers)
      const change = changeVersions(key, versions, { to, all, time: environment.wall(), reason: reasonOf(options) })
      more = change.more
      const ended = change.changed.some(({ number, state }) => number === key.primary && !staysPrimary(state))
      return { key: ended ? { ...key, primary: 0 } : key, versions: change.changed }
    }
    const detail = all ? 'all' : numbers.map(versionLabel).join(' ')
    let info = await this.#changes.change(operation, name, options, build, detail)
    // What is left has a request of its own: it applies to what is still to be changed, however often it is repeated.
    const { requestId: _, ...rest } = options
    while (more) info = await this.#changes.change(operation, name, rest, build, detail)
    return info
  }
}
