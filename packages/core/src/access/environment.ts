import type { KeySlots, Suite } from '../crypto/key-slots.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import type { KeyStore } from '../store/key-store.ts'
import type { LastSeen } from './last-seen.ts'

/** Something a person should know that is no error. */
export interface Warning {
  /** Stable, in kebab-case, such as `root-in-environment`, `single-root`, `first-use`. */
  readonly code: string
  readonly message: string
}

/** One use or change of a key, as it happened in this process. Never a key's value, a plaintext or a context value. */
export interface AuditEvent {
  readonly time: Date
  /** `encrypt`, `decrypt`, `key.create`, `key.rotate`, … */
  readonly operation: string
  /** `ok`, or the code of the error. */
  readonly outcome: string
  readonly keyId: string | undefined
  readonly key: string | undefined
  readonly version: string | undefined
  /** The name that this process gave itself. */
  readonly caller: string
}

/** The parts that a Kms is wired from. */
export interface Environment {
  readonly store: KeyStore
  readonly primitives: Primitives
  readonly slots: KeySlots
  /** What seals data unless a call says otherwise. */
  readonly suite: Suite
  /** For everything asymmetric: a WebCrypto object. */
  readonly crypto: WebCrypto
  readonly lastSeen: LastSeen
  /** What records and audit events name as the one who did it. */
  readonly caller: string
  /** Milliseconds on a clock that never goes back; leases are measured on it. */
  readonly monotonic: () => number
  /** Milliseconds since 1970; only ever written down. */
  readonly wall: () => number
  /** Resolves after so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>
  readonly onWarning: (warning: Warning) => void
  /** Absent where nobody listens, so that the hot path need not build events. */
  readonly onAudit: ((event: AuditEvent) => void) | undefined
}
