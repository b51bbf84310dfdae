import type { Secret } from '../secret.ts'

/** One recipient of a mode 2 header, as it stands there. */
export interface Stanza {
  /** 0 padding, 1 key, 2 password, 3 hpke, 4 rsa-oaep, 5 external; others are unknown and kept. */
  readonly kind: number
  /** The kind's own bytes, after kind and length. */
  readonly bytes: Uint8Array
}

/** Wraps content keys for somebody: a root, a key version, a password, a user's own provider. */
export interface Recipient {
  /** The stanza's kind. */
  readonly kind: number
  /**
   * Wraps `contentKey` (32 bytes) for `bound` = preamble ‖ canonical(context), so that the stanza cannot be moved to another
   * content or context. Called once per envelope. Must not keep `contentKey`.
   * @returns the kind's own bytes
   */
  wrap(contentKey: Secret, bound: Uint8Array): Promise<Uint8Array>
}

/** Unwraps what a `Recipient` wrapped. */
export interface Opener {
  /** The kind of stanza it opens. */
  readonly kind: number
  /** Whether the stanza names what this opener holds. Synchronous, without secrets: references are matched, never followed. */
  holds(stanza: Stanza): boolean
  /**
   * Called only for stanzas that `holds` accepted.
   * @returns the content key; the caller wipes it
   * @throws `authentication-failed` if the stanza does not unwrap, `root-unavailable` if there is no answer (this
   * opener is not asked again then, and the next held recipient is tried)
   */
  unwrap(stanza: Stanza, bound: Uint8Array): Promise<Secret>
}
