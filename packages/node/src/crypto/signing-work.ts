import type { KeyObject } from 'node:crypto'
import type { JoinedBytes } from '../threads/joined-bytes.ts'

/** Byte strings to be signed by one Ed25519 key, on a thread. */
export interface SigningWork {
  readonly key: KeyObject
  readonly messages: JoinedBytes
}

/** Of Ed25519 (RFC 8032 §5.1.6). */
export const signatureLength = 64
