import { SigningKey } from '../crypto/signing.ts'
import { ascii, concat } from '../envelope/bytes.ts'
import { toText } from '../envelope/text.ts'
import { encodeCanonical } from '../store/canonical.ts'
import { sessionId } from '../store/record-ids.ts'
import type { Environment } from './environment.ts'
import type { RingAccess } from './ring-access.ts'

const recordLabel = ascii('kms1/record\0')
const certificateLabel = ascii('kms1/session\0')

/**
 * This process's session in a ring: an operational record that says who is here and since when, signed by a key of the
 * session's own, which the ring's log key certifies (contents-v1 §Sessions). It decides nothing: a store that cannot be
 * written, or a deleted record, costs nobody anything but the knowledge.
 */
export class Session {
  readonly id: string = globalThis.crypto.randomUUID()
  readonly #environment: Environment
  readonly #access: RingAccess
  #written = false

  constructor(environment: Environment, access: RingAccess) {
    this.#environment = environment
    this.#access = access
  }

  /** Writes the session's record. Failures are ignored, on purpose. */
  async begin(): Promise<void> {
    const { store, crypto, caller, wall } = this.#environment
    const { record, logKey } = this.#access
    try {
      const { seed, publicKey } = await SigningKey.generate(crypto)
      const key = await SigningKey.fromSeed(seed, publicKey, crypto)
      seed.wipe()
      const id = sessionId(record.ring, this.id)
      const certificate = await logKey.sign(concat(certificateLabel, ascii(id), publicKey))
      const body = {
        kind: 'session',
        id,
        revision: 1,
        store: record.store,
        ring: record.ring,
        caller,
        started: wall(),
        publicKey: toText(publicKey),
        certificate: toText(certificate),
      }
      const signature = toText(await key.sign(concat(recordLabel, encodeCanonical(body))))
      const bytes = encodeCanonical({ record: body, signature })
      await store.commit({ expect: [], put: [{ id, revision: 1, bytes }], remove: [], append: [] })
      this.#written = true
    } catch {
      // A read-only deployment has no sessions, and works.
    }
  }

  /** Removes the record. Failures are ignored, on purpose. */
  async end(): Promise<void> {
    if (!this.#written) return
    this.#written = false
    try {
      const id = sessionId(this.#access.record.ring, this.id)
      await this.#environment.store.commit({ expect: [], put: [], remove: [id], append: [] })
    } catch {
      // Whoever counts sessions drops those that are long gone.
    }
  }
}
