import { fromText, toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { storeRecordId } from '../store/record-ids.ts'
import { addRecipient } from './add-recipient.ts'
import type { Authority } from './authority.ts'
import { contentContexts } from './content-contexts.ts'
import type { Environment } from './environment.ts'
import type { Root } from './root.ts'
import type { StoreAccess } from './store-access.ts'

/** A root of the store. Never a secret. */
export interface RootInfo {
  /** `password`, `key`, … */
  readonly kind: string
  readonly label: string
  readonly added: Date
}

/** What opens the store. */
export class RootAdministration {
  readonly #environment: Environment
  readonly #access: StoreAccess
  readonly #authority: Authority

  /** Use `kms.roots`. */
  constructor(environment: Environment, access: StoreAccess, authority: Authority) {
    this.#environment = environment
    this.#access = access
    this.#authority = authority
  }

  /** The store's roots, oldest first. @throws `store-corrupt`, `store-unavailable` */
  async list(): Promise<readonly RootInfo[]> {
    const store = await this.#authority.read('store', storeRecordId)
    return (store?.record.roots ?? []).map(({ kind, label, added }) => ({ kind, label, added: new Date(added) }))
  }

  /**
   * Adds a root: from now on it opens the store as the others do. Nothing is sealed anew.
   * @throws `not-permitted` where the store was opened with an application's root; `limit-exceeded` over 255 roots or 4
   * passwords; `store-unavailable`
   */
  async add(root: Root): Promise<readonly RootInfo[]> {
    const { primitives } = this.#environment
    await this.#authority.commit('root.add', '', undefined, async () => {
      const stored = await this.#authority.read('store', storeRecordId)
      if (stored === undefined) throw new KmsError('store-corrupt', 'The store lacks its own record. Restore a backup.')
      const { record, revision } = stored
      if (root.kind === 'password' && record.roots.filter(({ kind }) => kind === 'password').length >= 4) {
        throw new KmsError('limit-exceeded', 'A store opens with at most 4 passwords.')
      }
      const envelope = await addRecipient(fromText(record.envelope), root.recipient(primitives), {
        content: 4,
        context: contentContexts.store(record.store),
        opener: this.#access.rootOpener,
        primitives,
      })
      const entry = { kind: root.kind, label: root.label, added: this.#environment.wall() }
      return {
        reason: '',
        records: [{ ...record, revision: revision + 1, roots: [...record.roots, entry], envelope: toText(envelope) }],
      }
    })
    return this.list()
  }
}
