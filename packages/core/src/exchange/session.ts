import type { Primitives } from '../crypto/primitives.ts'
import { concat, u16 } from '../encoding/bytes.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'
import type { ExchangeRole } from './key-schedule.ts'
import type { Peer } from './peer.ts'
import type { ExchangeSuite } from './suites.ts'

/** What an exchange leaves: keys that two sides have, and who the other one is. Nobody else has them, later neither. */
export class ExchangeSession {
  readonly role: ExchangeRole
  readonly suite: ExchangeSuite
  /** Who is on the other side. */
  readonly peer: Peer
  /** 32 bytes, for what this side sends: the other side's `receiveKey`. Never use it for what is received. */
  readonly sendKey: Secret
  /** 32 bytes, for what this side receives: the other side's `sendKey`. */
  readonly receiveKey: Secret
  readonly #exporter: Secret
  readonly #primitives: Primitives

  /** @internal Sessions come from exchanges. */
  constructor(
    { role, suite, peer }: { readonly role: ExchangeRole; readonly suite: ExchangeSuite; readonly peer: Peer },
    { keys, exporter }: { readonly keys: Readonly<Record<ExchangeRole, Secret>>; readonly exporter: Secret },
    primitives: Primitives,
  ) {
    this.role = role
    this.suite = suite
    this.peer = peer
    this.sendKey = keys[role]
    this.receiveKey = keys[role === 'initiator' ? 'responder' : 'initiator']
    this.#exporter = exporter
    this.#primitives = primitives
  }

  /**
   * A further secret that both sides derive alike, as TLS exports keying material (RFC 8446 §7.5). The session keys do not follow from it, nor does
   * one of another length.
   * @param label what it is for: 1 to 255 bytes in UTF-8
   * @param length 16 to 1,024 bytes @returns the caller's to wipe
   * @throws `invalid-argument`; `closed` after `wipe`
   */
  exportSecret(label: string, length: number): Secret {
    const info = typeof label === 'string' ? new TextEncoder().encode(label) : new Uint8Array(0)
    if (info.length === 0 || info.length > 255 || /\p{Surrogate}/u.test(label)) {
      throw invalidArgument('A label is text of 1 to 255 bytes.')
    }
    if (!Number.isInteger(length) || length < 16 || length > 1_024) {
      throw invalidArgument('An exported secret has 16 to 1,024 bytes.')
    }
    return Secret.take(
      this.#primitives.hkdfExpand('SHA-512', this.#exporter.reveal(), concat(u16(length), info), length),
    )
  }

  /** Zeroes the keys and what others are exported from. What was exported stays. */
  wipe(): void {
    for (const secret of [this.sendKey, this.receiveKey, this.#exporter]) secret.wipe()
  }
}
