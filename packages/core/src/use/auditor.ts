import type { Environment } from '../access/environment.ts'
import { KmsError } from '../errors.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { versionLabel } from '../store/version-number.ts'

/** What an audit event says of a call that threw: the error's code, or `internal` for what is no error of ours. */
export const outcomeOfError = (error: unknown): string => (error instanceof KmsError ? error.code : 'internal')

/** Tells the audit listener, where there is one, what was done with keys. */
export class Auditor {
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  get listens(): boolean {
    return this.#environment.onAudit !== undefined
  }

  /** A use of a key in memory. */
  use(operation: string, outcome: string, key: LoadedKey, number: number | undefined): void {
    const version = number === undefined || number === 0 ? undefined : versionLabel(number)
    this.tell(operation, outcome, { key: key.name, keyId: key.id, version })
  }

  tell(
    operation: string,
    outcome: string,
    of: { readonly key?: string; readonly keyId?: string; readonly version?: string | undefined },
  ): void {
    const { onAudit, wall, caller } = this.#environment
    onAudit?.({
      time: new Date(wall()),
      operation,
      outcome,
      key: of.key,
      keyId: of.keyId,
      version: of.version,
      caller,
    })
  }
}
