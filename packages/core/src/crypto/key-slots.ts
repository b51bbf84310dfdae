import type { Secret } from '../secret.ts'

/** Envelope suites (envelope v1 §preamble): 1 AEAD_AES_256_GCM, 2 AEAD_CHACHA20_POLY1305. */
export type Suite = 1 | 2

declare const slotBrand: unique symbol
/** An opaque handle of key material in one `KeySlots`. Stale, foreign and released handles are `closed`. */
export type Slot = number & { readonly [slotBrand]: true }

/** What one message's body is made with (C2SP chunked-encryption): the only key material that ever leaves a slot. */
export interface MessageKey {
  /** 32 bytes. The caller wipes it. */
  readonly key: Secret
  /** 12 bytes; the nonce of chunk 0. */
  readonly nonce: Uint8Array
  /** 32 bytes; public, part of the body. */
  readonly commitment: Uint8Array
}

/**
 * Where key material lives. What goes in does not come out: material is imported once and afterwards only used.
 * The envelope layer writes `C = preamble ‖ canonical(context)` at the start of `bound` and passes its length, so that a
 * record is sealed with one call and no copies of the context. One conformance suite in `@kms/core/testing`.
 */
export interface KeySlots {
  /** `wasm`, `native`, or an implementation's own name. */
  readonly backend: string

  /** Room for `C`, 65,542 bytes or more. Public data; each call may overwrite it. */
  readonly bound: Uint8Array

  /**
   * Moves 32 bytes of a key version's material, or a content key, into a slot and wipes `material`.
   * @throws `limit-exceeded` when all slots are taken.
   */
  importKey(material: Uint8Array): Slot

  /**
   * HKDF-Expand with HMAC-SHA-512 (RFC 5869 §2.3): key-encryption keys, header macs, check values.
   * @param length 1 to 64 bytes. The result leaves the slot; the caller wipes it.
   */
  expand(slot: Slot, info: Uint8Array, length: number): Uint8Array

  /** The same, 32 bytes, into a new slot: the content key never leaves. @throws `limit-exceeded` */
  deriveKey(slot: Slot, info: Uint8Array): Slot

  /** The same, 64 bytes, 32 into each of two new slots: a content key and a salt key (envelope v1, mode 1). @throws `limit-exceeded` */
  derivePair(slot: Slot, info: Uint8Array): readonly [first: Slot, second: Slot]

  /**
   * HMAC-SHA-512 under a slot's key, over `C` and then `data`: salts of deterministic messages, blind indexes. Never for a slot that
   * also expands: what it expands to is a mac, too.
   * @param boundLength bytes of `bound` that are `C`
   * @param length bytes of the mac that are returned, 1 to 64
   */
  mac(slot: Slot, boundLength: number, data: Uint8Array, length: number): Uint8Array

  /**
   * Makes a slot a content key of `suite` whose envelopes start with `header` (27 bytes in modes 0 and 1, none in mode 2,
   * where the caller writes the header itself). Must be called once before `seal`, `open` or `messageKey`.
   */
  prepare(slot: Slot, suite: Suite, header: Uint8Array): void

  /**
   * A whole message: header ‖ salt ‖ commitment ‖ chunks.
   * @param boundLength bytes of `bound` that are `C`
   * @param salt 24 bytes; fresh random ones where it is not given. Never give one twice for different messages.
   */
  seal(slot: Slot, boundLength: number, plaintext: Uint8Array, salt?: Uint8Array): Uint8Array

  /**
   * Opens what `seal` made, header included.
   * @throws `authentication-failed` for anything that is not whole and genuine, the header's bytes included.
   */
  open(slot: Slot, boundLength: number, sealed: Uint8Array): Uint8Array

  /** Derives one message's key, nonce and commitment (C2SP chunked-encryption §Derivation), for streams. */
  messageKey(slot: Slot, boundLength: number, salt: Uint8Array): MessageKey

  /** Wipes a slot. Releasing twice is `closed`. */
  release(slot: Slot): void

  /** Wipes every slot. */
  wipe(): void
}
