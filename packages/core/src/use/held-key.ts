import { KmsError } from '../errors.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { refusedByState } from '../specs/version-states.ts'
import { versionLabel } from '../store/version-number.ts'
import type { VersionInMemory } from '../versions/version-in-memory.ts'
import { outcomeOfError } from './auditor.ts'
import type { HandleSource } from './handle-source.ts'

/** A key that a handle holds: until when it may be used, what is told of its uses, and its release. Each handle has one. */
export class HeldKey<Version extends VersionInMemory> {
  readonly source: HandleSource
  readonly key: LoadedKey<Version>
  #released = false

  constructor(source: HandleSource, key: LoadedKey<Version>) {
    this.source = source
    this.key = key
  }

  /** The label of the version that protects now; null if there is none. */
  get primaryLabel(): string | null {
    const { primary } = this.key
    return primary === undefined ? null : versionLabel(primary.version)
  }

  /** For synchronous calls. @throws `closed`, `lease-expired` */
  check(): void {
    this.checkReleased()
    if (this.source.monotonic() <= this.source.deadline) return
    throw new KmsError(
      'lease-expired',
      `"${this.key.name}" was cut off from its store for longer than the lease. await key.renew(); asynchronous calls do it themselves.`,
    )
  }

  /** For asynchronous calls: renews a lease that has ended. @throws `closed`, `store-unavailable`, `store-rolled-back` */
  async ready(): Promise<void> {
    this.checkReleased()
    if (this.source.monotonic() > this.source.deadline) await this.renew()
  }

  checkReleased(): void {
    if (!this.#released && !this.source.closed) return
    throw new KmsError(
      'closed',
      `The handle of "${this.key.name}" was released, or its Kms closed. Call kms.use again.`,
    )
  }

  async renew(): Promise<void> {
    this.checkReleased()
    await this.source.renew()
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.source.release(this.key)
  }

  /** A version that may process; what its state refuses is counted. @throws `version-not-loaded`, and what its state refuses */
  version(number: number): Version {
    try {
      return this.key.version(number)
    } catch (error) {
      throw this.#counted(error, number)
    }
  }

  /**
   * The version named, brought into memory where it is not, or the primary.
   * @throws `version-lost`, and what its state refuses; `no-primary-version`, `store-unavailable`
   */
  async loaded(number: number | undefined): Promise<Version> {
    if (number === undefined) return this.key.protecting()
    try {
      return await this.source.loadVersion(this.key, number)
    } catch (error) {
      throw this.#counted(error, number)
    }
  }

  /** An error on its way out, counted where a version's state refused. */
  #counted(error: unknown, number: number): unknown {
    if (refusedByState(error)) this.source.uses(this.key, number).refuse()
    return error
  }

  /** Does something with the key and tells the audit listener of it. @param version of an old one; the primary's unless given */
  told<T>(operation: string, work: () => T, version?: number): T {
    try {
      const result = work()
      this.#tell(operation, 'ok', version)
      return result
    } catch (error) {
      this.#tell(operation, outcomeOfError(error), version)
      throw error
    }
  }

  /** `told`, of what takes time. */
  async toldWhenDone<T>(operation: string, work: () => Promise<T>, version?: number): Promise<T> {
    try {
      const result = await work()
      this.#tell(operation, 'ok', version)
      return result
    } catch (error) {
      this.#tell(operation, outcomeOfError(error), version)
      throw error
    }
  }

  #tell(operation: string, outcome: string, version: number | undefined): void {
    this.source.audit?.(operation, outcome, this.key, version ?? this.key.primaryNumber)
  }
}
