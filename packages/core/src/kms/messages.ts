import type { Environment } from '../access/environment.ts'
import type { Suite } from '../crypto/key-slots.ts'
import type { Signer } from '../crypto/signing.ts'
import { type Context, canonicalContext, contextOf } from '../envelope/context.ts'
import { openEnvelope, sealEnvelope } from '../envelope/envelope.ts'
import type { Opener, Recipient } from '../envelope/recipient.ts'
import { publicKeyRecipient } from '../envelope/recipients/public-key.ts'
import { openSigned, type Signed, sealSigned } from '../envelope/signed-data.ts'
import { type PublicJwk, type RecipientPublicKey, readPublicKey } from '../public-keys/index.ts'
import type { VerificationKeyForm } from '../public-keys/verification-key-forms.ts'
import { type Auditor, outcomeOfError } from '../use/auditor.ts'

/** A recipient, or a public key as it is or in a form: `kmspk1…`, SubjectPublicKeyInfo in PEM (text) or DER (bytes), JWK. */
export type RecipientForm = Recipient | RecipientPublicKey | PublicJwk | Uint8Array | string

/** Whom data is for, and from whom. */
export interface ToRecipients {
  /** One or more, any of whom opens it: public keys of others, keys of the ring (`kms.recipient`), passwords. */
  readonly to: RecipientForm | readonly RecipientForm[]
  /** Who signs it. Without, nobody can tell who sealed it: anybody could who has a recipient's public key. */
  readonly from?: Signer
  /** 1 AES-256-GCM, 2 ChaCha20-Poly1305; the Kms's own unless given. */
  readonly suite?: Suite
  /**
   * The same pairs open what they sealed. Of signed data, put whom it is for into it: who receives it can seal it to others, with
   * your signature as it is.
   */
  readonly context: Context
}

/** How data to recipients is opened. */
export interface AsRecipient {
  /** What opens it; the keys of the ring unless given. */
  readonly openers?: readonly Opener[]
  readonly context: Context
}

/** How signed data is opened. */
export interface FromSigners extends AsRecipient {
  /** The signers accepted: verification keys, or their forms (`kmsvk1…`, PEM, JWK). */
  readonly from: VerificationKeyForm | readonly VerificationKeyForm[]
}

/** One-shot messages to recipients (envelope v1, mode 2): data, and signed data. */
export class Messages {
  readonly #environment: Environment
  readonly #auditor: Auditor
  readonly #ringOpener: () => Promise<Opener>

  constructor(environment: Environment, auditor: Auditor, ringOpener: () => Promise<Opener>) {
    this.#environment = environment
    this.#auditor = auditor
    this.#ringOpener = ringOpener
  }

  /** Seals data to recipients: content 5 with a signer, content 0 without. */
  seal(data: Uint8Array, { to, from, suite = 1, context }: ToRecipients): Promise<Uint8Array> {
    const { primitives, slots } = this.#environment
    const given = Array.isArray(to) ? (to as readonly RecipientForm[]) : [to as RecipientForm]
    return this.#told('encrypt-to', async () => {
      // The context as it is now: the caller's may change while public keys are read.
      const fixed = contextOf(canonicalContext(context))
      const recipients = await Promise.all(given.map((form) => this.#recipient(form)))
      const options = { recipients, suite, context: fixed, primitives, slots }
      return from === undefined ? sealEnvelope(data, options) : sealSigned(data, { ...options, from })
    })
  }

  async #recipient(form: RecipientForm): Promise<Recipient> {
    if (typeof form === 'object' && form !== null && 'wrap' in form) return form
    const { primitives, crypto } = this.#environment
    const isRead = typeof form === 'object' && form !== null && 'fingerprint' in form
    return publicKeyRecipient(isRead ? form : await readPublicKey(form), { primitives, crypto })
  }

  /** Opens data that nobody signed. */
  open(envelope: Uint8Array, { openers, context }: AsRecipient): Promise<Uint8Array> {
    const { primitives, slots } = this.#environment
    return this.#told('decrypt-as', async () =>
      openEnvelope(envelope, { openers: await this.#openers(openers), context, primitives, slots }),
    )
  }

  /** Opens signed data, of one of the signers accepted. */
  openFrom(envelope: Uint8Array, { from, openers, context }: FromSigners): Promise<Signed> {
    const { primitives, slots, crypto } = this.#environment
    const accepted = Array.isArray(from) ? (from as readonly VerificationKeyForm[]) : [from as VerificationKeyForm]
    return this.#told('decrypt-from', async () => {
      const by = await this.#openers(openers)
      return openSigned(envelope, { from: accepted, openers: by, context, primitives, slots, crypto })
    })
  }

  async #openers(given: readonly Opener[] | undefined): Promise<readonly Opener[]> {
    return given ?? [await this.#ringOpener()]
  }

  async #told<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      this.#auditor.tell(operation, 'ok', {})
      return result
    } catch (error) {
      this.#auditor.tell(operation, outcomeOfError(error), {})
      throw error
    }
  }
}
