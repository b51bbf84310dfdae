import type { Primitives } from '../crypto/primitives.ts'
import type { Signer } from '../crypto/signing.ts'
import { checkVerificationKey } from '../crypto/verification-key.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { type Context, canonicalContext } from '../envelope/context.ts'
import { invalidArgument, requireBytes } from '../refusals.ts'
import { evidenceLimit } from './messages.ts'
import type { PeerCheck } from './peer.ts'
import { checkSuites, type ExchangeSuite } from './suites.ts'

export interface ExchangeOptions {
  /** This side's long-term key. It signs what begins with `kms1/exchange/` for nobody else, or others could exchange in its name. */
  readonly signer: Signer
  /** Who the other side may be: `peerWithFingerprint`, `peerAmong`, or a check of one's own. */
  readonly peer: PeerCheck
  /** What the exchange is for, such as `{ purpose: 'sync' }`. It is not sent: both sides give the same, or the exchange fails. */
  readonly context: Context
  /** In order of preference; X25519, then P-256 unless given. The responder's order decides. */
  readonly suites?: readonly ExchangeSuite[]
  /** What speaks for this side's key, for the other side's check: 16,384 bytes at most. */
  readonly evidence?: Uint8Array
  readonly primitives: Primitives
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: WebCrypto
}

/** Options with nothing left open. */
export interface Settled extends Required<Omit<ExchangeOptions, 'context'>> {
  /** SHA-512 of the canonical context, 64 bytes. */
  readonly contextHash: Uint8Array
}

/** @throws `invalid-argument`, `invalid-context` */
export function settle(options: ExchangeOptions): Settled {
  const { signer, peer, context, evidence = new Uint8Array(0), primitives, crypto = globalThis.crypto } = options
  checkVerificationKey(signer)
  if (typeof peer !== 'function') {
    throw invalidArgument(
      'Say who the other side may be: peerWithFingerprint(…), peerAmong(…), or a check of your own.',
    )
  }
  requireBytes(evidence, 'evidence')
  if (evidence.length > evidenceLimit) throw invalidArgument(`Evidence has ${evidenceLimit} bytes at most.`)
  return {
    signer,
    peer,
    contextHash: primitives.hash('SHA-512', canonicalContext(context)),
    suites: checkSuites(options.suites),
    evidence: evidence.slice(),
    primitives,
    crypto,
  }
}
