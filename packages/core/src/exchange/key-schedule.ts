import type { Primitives } from '../crypto/primitives.ts'
import { ascii, concat } from '../encoding/bytes.ts'
import { Secret } from '../secret.ts'

// Transcript hashes and what is derived from them (exchange v1 §Transcript, §Keys). Labels of the exchange begin alike, and end in a zero.
const label = (name: string): Uint8Array => ascii(`kms1/exchange/${name}\0`)

export type ExchangeRole = 'initiator' | 'responder'

const labels = {
  hello: label('hello'),
  answer: label('answer'),
  confirmation: label('confirmation'),
}
const signatureLabels: Readonly<Record<ExchangeRole, Uint8Array>> = {
  initiator: label('initiator signature'),
  responder: label('responder signature'),
}
const sealLabels: Readonly<Record<ExchangeRole, Uint8Array>> = {
  initiator: label('initiator seal'),
  responder: label('responder seal'),
}
const macLabels: Readonly<Record<ExchangeRole, Uint8Array>> = {
  initiator: label('initiator mac'),
  responder: label('responder mac'),
}
const sessionLabel = label('session')
const exporterLabel = label('exporter')

/** `H1`: the context, the first message, and the second up to its share. @param contextHash SHA-512 of the canonical context */
export function helloHash(
  contextHash: Uint8Array,
  hello: Uint8Array,
  head: Uint8Array,
  primitives: Primitives,
): Uint8Array {
  return primitives.hash('SHA-512', concat(labels.hello, contextHash, primitives.hash('SHA-512', hello), head))
}

/** `H2` of `H1` and the responder's body, or `H3` of `H2` and the initiator's. */
export function nextHash(
  step: 'answer' | 'confirmation',
  before: Uint8Array,
  body: Uint8Array,
  primitives: Primitives,
): Uint8Array {
  return primitives.hash('SHA-512', concat(labels[step], before, body))
}

/** What a side signs: the transcript so far, and who it is. */
export function signatureInput(
  role: ExchangeRole,
  transcript: Uint8Array,
  identityBytes: Uint8Array,
  primitives: Primitives,
): Uint8Array {
  return concat(signatureLabels[role], transcript, primitives.hash('SHA-512', identityBytes))
}

/** The keys of one exchange, from its shared secret and `H1`. */
export class ExchangeKeys {
  readonly #prk: Secret
  readonly #primitives: Primitives

  /** @param shared the shared secret; the caller wipes it @param transcript `H1` */
  constructor(shared: Secret, transcript: Uint8Array, primitives: Primitives) {
    // RFC 5869 §2.2, the transcript as salt.
    this.#prk = Secret.take(primitives.hmac('SHA-512', transcript, shared.reveal()))
    this.#primitives = primitives
  }

  /** What a role's body is sealed with: 32 bytes, for one message. */
  seal(role: ExchangeRole): Secret {
    return this.#expand(sealLabels[role], 32)
  }

  /** What a role's mac is made with: 64 bytes. */
  mac(role: ExchangeRole): Secret {
    return this.#expand(macLabels[role], 64)
  }

  /** @param transcript `H3` @returns what goes from the initiator to the responder, and back, 32 bytes each; and the exporter's, 64 */
  session(transcript: Uint8Array): {
    readonly keys: Readonly<Record<ExchangeRole, Secret>>
    readonly exporter: Secret
  } {
    const both = this.#expand(concat(sessionLabel, transcript), 64)
    const initiator = Secret.copy(both.reveal().subarray(0, 32))
    const responder = Secret.copy(both.reveal().subarray(32))
    both.wipe()
    return { keys: { initiator, responder }, exporter: this.#expand(concat(exporterLabel, transcript), 64) }
  }

  wipe(): void {
    this.#prk.wipe()
  }

  #expand(info: Uint8Array, length: number): Secret {
    return Secret.take(this.#primitives.hkdfExpand('SHA-512', this.#prk.reveal(), info, length))
  }
}
