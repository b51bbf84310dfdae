import type { Primitives } from '../crypto/primitives.ts'
import type { Opener, Recipient } from '../envelope/recipient.ts'

/**
 * What opens a store: an envelope recipient and its opener, nothing else. A store may have several, any of which opens it.
 * Implementations: password and bare key in core; PKCS#11 modules and cloud KMSs in `@kms/hsm`.
 */
export interface Root {
  /** `password`, `key`, …: for people and for the store's record of its roots. */
  readonly kind: string
  /** What a person recognises it by, such as `password` or `file:/etc/kms/root`. Never a secret. */
  readonly label: string
  /** Whether others than its holder can seal to it (HPKE, RSA, cloud); such a root needs the store's fingerprint. */
  readonly publiclySealable: boolean
  recipient(primitives: Primitives): Recipient
  opener(primitives: Primitives): Opener
  /**
   * Optional, for roots that people bring along: refuses one that others can guess, before something new is put under it. What is there
   * already opens with any root.
   * @throws `weak-key`, with the reason
   */
  check?(primitives: Primitives): Promise<void>
  /** Wipes what it holds. A wiped root is `closed`. */
  wipe(): void
}
