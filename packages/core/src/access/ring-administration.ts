import { fromText, toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { checkName } from '../store/names.ts'
import { ringId, ringNameId } from '../store/record-ids.ts'
import type { RingRecord } from '../store/records.ts'
import { addRecipient } from './add-recipient.ts'
import type { Authority, Change } from './authority.ts'
import { contentContexts } from './content-contexts.ts'
import type { Environment } from './environment.ts'
import { newRing } from './new-ring.ts'
import { readRing, readRings } from './ring-access.ts'
import type { Root } from './root.ts'
import type { StoreAccess, StoreOwner } from './store-access.ts'

/** A key ring: the unit of access. */
export interface RingInfo {
  readonly id: string
  readonly name: string
  readonly created: Date
  /** Who may open it besides the store's roots. */
  readonly applications: readonly {
    readonly application: string
    readonly rights: 'use' | 'administer'
    readonly kind: string
    readonly label: string
    readonly added: Date
  }[]
}

export interface Grant {
  /** The application's name. */
  readonly application: string
  /** What it will open the ring with. A password is refused: it names nobody. */
  readonly root: Root
  /** `use` encrypts and decrypts; `administer` also makes, rotates and disables keys. */
  readonly rights: 'use' | 'administer'
}

/** The rings of the store, and who may open them. Changes need one of the store's own roots (`not-permitted`). */
export class RingAdministration {
  readonly #environment: Environment
  readonly #access: StoreAccess
  readonly #authority: Authority

  /** Use `kms.rings`. */
  constructor(environment: Environment, access: StoreAccess, authority: Authority) {
    this.#environment = environment
    this.#access = access
    this.#authority = authority
  }

  /** All rings of the store. @throws `store-corrupt`, `store-unavailable` */
  async list(): Promise<readonly RingInfo[]> {
    return (await readRings(this.#environment, this.#access)).map(ringInfo)
  }

  /**
   * Makes a key ring. Open it with `Kms.open(url, { root, ring: name })`.
   * @param name 1 to 200 bytes, unique in the store
   * @throws `ring-exists`, `not-permitted`, `invalid-argument`
   */
  async create(name: string): Promise<RingInfo> {
    const checked = checkName(name, 'A ring name')
    const { administration, storeKey } = this.#owner()
    const claimId = ringNameId(this.#environment.primitives, checked)
    const build = async (claimed: readonly unknown[]): Promise<Change> => {
      if (claimed.length > 0) {
        throw new KmsError('ring-exists', `There is a key ring "${checked}" already.`)
      }
      const ring = await newRing(checked, {
        environment: this.#environment,
        store: this.#access.record.store,
        storeKey: storeKey.recipient,
        administration,
      })
      return { reason: '', records: ring.records, alongside: ring.firstCommit }
    }
    await this.#authority.commit('ring.create', checked, undefined, build, () => [claimId])
    return ringInfo(await readRing(this.#environment, this.#access, checked))
  }

  /**
   * Lets an application open a ring with a root of its own. A process opened with it reads that ring and nothing else.
   * @throws `ring-not-found`, `not-permitted`, `invalid-argument` for a password root, or an application that has a
   * grant to the ring
   */
  async grant(name: string, grant: Grant): Promise<RingInfo> {
    const application = checkName(grant.application, 'An application name')
    const { root, rights } = grant
    if (rights !== 'use' && rights !== 'administer') {
      throw new KmsError('invalid-argument', 'The rights to a ring are "use" or "administer".')
    }
    if (root.kind === 'password') {
      throw new KmsError(
        'invalid-argument',
        "An application's root is a key, not a password: kms ring grant makes one.",
      )
    }
    const { storeKey } = this.#owner()
    const { primitives } = this.#environment
    const checked = checkName(name, 'A ring name')
    await this.#authority.commit('ring.grant', `${checked} ${application}`, undefined, async () => {
      const { ring: id } = await readRing(this.#environment, this.#access, checked)
      const stored = await this.#authority.read('ring', ringId(id))
      if (stored === undefined) throw new KmsError('ring-not-found', `There is no key ring "${checked}".`)
      const { record, revision } = stored
      if (record.applications.some((one) => one.application === application)) {
        throw new KmsError(
          'invalid-argument',
          `"${application}" may open the ring "${checked}" already. Give another application name for another root.`,
        )
      }
      const add = async (envelope: string, index: number, what: 'use' | 'administer'): Promise<string> =>
        toText(
          await addRecipient(fromText(envelope), root.recipient(primitives), {
            content: 6,
            context: contentContexts.ring(record.store, record.ring, record.versions[index] as number, what),
            opener: storeKey.opener,
            primitives,
          }),
        )
      const granted: RingRecord = {
        ...record,
        revision: revision + 1,
        use: await Promise.all(record.use.map((envelope, index) => add(envelope, index, 'use'))),
        administer:
          rights === 'administer'
            ? await Promise.all(record.administer.map((envelope, index) => add(envelope, index, 'administer')))
            : record.administer,
        applications: [
          ...record.applications,
          { application, rights, kind: root.kind, label: root.label, added: this.#environment.wall() },
        ],
      }
      return { reason: '', records: [granted] }
    })
    return ringInfo(await readRing(this.#environment, this.#access, checked))
  }

  #owner(): StoreOwner {
    if (this.#access.owner !== undefined) return this.#access.owner
    throw new KmsError(
      'not-permitted',
      "Rings are administered with one of the store's own roots, not an application's.",
    )
  }
}

function ringInfo(record: RingRecord): RingInfo {
  return {
    id: record.ring,
    name: record.name,
    created: new Date(record.created),
    applications: record.applications.map((one) => ({
      application: one.application,
      rights: one.rights === 'administer' ? 'administer' : 'use',
      kind: one.kind,
      label: one.label,
      added: new Date(one.added),
    })),
  }
}
