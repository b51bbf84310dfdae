/** Hash functions by their FIPS 180-4 names, as WebCrypto spells them. */
export type Hash = 'SHA-256' | 'SHA-384' | 'SHA-512'

/** Authenticated encryption by its common name. Keys of 32 bytes (16 for AES-128-GCM), nonces of 12, tags of 16. */
export type Aead = 'AES-128-GCM' | 'AES-256-GCM' | 'ChaCha20-Poly1305'

/** How a long key derivation reports and stops. */
export interface DerivationOptions {
  /** Stops the derivation with `aborted`. */
  readonly signal?: AbortSignal
  /** Called with the part done, 0 to 1, at most some twenty times a second. */
  readonly onProgress?: (done: number) => void
}

/** A hash over parts that are given one after another. */
export interface Hasher {
  update(part: Uint8Array): void
  /** The hash. Nothing may be called afterwards. */
  digest(): Uint8Array
}

/** One AEAD key for the many chunks of a message, between buffers of the caller's. No additional data; nonces of 12 bytes. */
export interface AeadCipher {
  /**
   * Writes ciphertext ‖ tag, 16 bytes more than `plaintext`, to `target` at `at`. The two must not overlap, and no nonce must ever
   * seal twice.
   */
  seal(nonce: Uint8Array, plaintext: Uint8Array, target: Uint8Array, at: number): void
  /**
   * Writes the plaintext, 16 bytes less than `sealed`, to `target` at `at`.
   * @throws `authentication-failed`; `target` then holds nothing of the plaintext
   */
  open(nonce: Uint8Array, sealed: Uint8Array, target: Uint8Array, at: number): void
  /** Does many at once on another thread, where there is one. */
  readonly aside?: AsideCipher
  /** Wipes the key. Wiping twice is no error; nothing else may be called afterwards. */
  wipe(): void
}

/**
 * An `AeadCipher` at work on another thread. The buffers are in its hands until it is done, and shared with it if they are of a
 * `SharedArrayBuffer`. Calls are worked through in their order.
 */
export interface AsideCipher {
  /**
   * Seals one plaintext after the other as `AeadCipher.seal` does.
   * @param nonces 12 bytes for each, one after the other
   * @param length bytes of each plaintext but the last, which has what is left, perhaps none
   */
  seal(nonces: Uint8Array, plaintexts: Uint8Array, length: number, target: Uint8Array): Promise<void>
  /**
   * Opens what `seal` writes.
   * @param length bytes of each plaintext but the last
   * @throws `authentication-failed`; `target` may then hold what was opened before
   */
  open(nonces: Uint8Array, sealed: Uint8Array, length: number, target: Uint8Array): Promise<void>
}

/**
 * Headers brought from one key-encryption key to another (envelope v1, mode 2), several at once: content keys are unwrapped, macs checked, keys
 * wrapped anew and new macs made, which is several times faster than one after the other. Between the first `add` and `finish` nobody else may call.
 */
export interface HeaderRewrapper {
  /** How many headers are taken at once. */
  readonly lanes: number
  /** Bytes of a header at most. */
  readonly longest: number
  /**
   * Takes a header: at most `lanes` of them, then `finish`.
   * @param header the old one, mac included, its content key's AES-256-KW, 40 bytes, at `at`
   * @param kek 32 bytes, which wrap it; the caller wipes them @param next the new header, where `finish` puts wrapped key and mac
   * @param nextKek 32 bytes; the caller wipes them
   */
  add(header: Uint8Array, at: number, kek: Uint8Array, next: Uint8Array, nextAt: number, nextKek: Uint8Array): void
  /** Completes the new headers. @returns for each that was taken whether the old one was genuine; the new one is not touched if not */
  finish(): readonly boolean[]
}

/** scrypt's cost (RFC 7914 §2). 128·N·r is at most 1 GiB, and N·r·p at most 2²⁴. */
export interface ScryptCost {
  /** The logarithm of N, 1 or more and less than 16·r. */
  readonly log2N: number
  /** 1 to 255. */
  readonly r: number
  /** 1 to 16. */
  readonly p: number
}

/** Argon2id's cost (RFC 9106 §3.1). */
export interface Argon2idCost {
  /** m, 8 for each lane to 1,048,576 (1 GiB). Memory times passes is at most 4,194,304 (4 GiB). */
  readonly memoryKiB: number
  /** t, 1 or more. */
  readonly passes: number
  /** p, 1 to 16. */
  readonly lanes: number
}

/**
 * Stateless algorithms. Two implementations with one conformance suite (`@kms/core/testing`): the WASM module, and the
 * platform's own crypto. Inputs are never kept; outputs are fresh arrays. Lengths that an algorithm does not allow are
 * `invalid-argument`; an algorithm an implementation does not have is `unsupported`.
 */
export interface Primitives {
  /** `wasm`, `native`, or an implementation's own name; for humans and bench rows. */
  readonly backend: string

  /** FIPS 180-4. */
  hash(hash: Hash, data: Uint8Array): Uint8Array

  /** Optional, where the platform has one: the same over parts. */
  hasher?(hash: Hash): Hasher

  /** RFC 2104. Keys of any length. */
  hmac(hash: Hash, key: Uint8Array, data: Uint8Array): Uint8Array

  /** RFC 5869 §2.3 alone, also for short `prk`s. `length` 1 to 255 hash lengths. */
  hkdfExpand(hash: Hash, prk: Uint8Array, info: Uint8Array, length: number): Uint8Array

  /** RFC 5869: extract and expand. `length` 1 to 255 hash lengths. */
  hkdf(hash: Hash, inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array

  /** RFC 8018 §5.2. `iterations` ≥ 1. @throws `aborted` */
  pbkdf2(
    hash: Hash,
    password: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    length: number,
    options?: DerivationOptions,
  ): Promise<Uint8Array>

  /**
   * RFC 7914 §2. `length` 1 to 1,024.
   * @throws `aborted`; `limit-exceeded` where there is not so much memory
   */
  scrypt(
    password: Uint8Array,
    salt: Uint8Array,
    cost: ScryptCost,
    length: number,
    options?: DerivationOptions,
  ): Promise<Uint8Array>

  /**
   * Argon2id, version 1.3, RFC 9106. `salt` 8 bytes or more; `length` 4 to 1,024.
   * @throws `aborted`; `limit-exceeded` where there is not so much memory
   */
  argon2id(
    password: Uint8Array,
    salt: Uint8Array,
    cost: Argon2idCost,
    length: number,
    options?: DerivationOptions,
  ): Promise<Uint8Array>

  /** Ciphertext ‖ tag (16 bytes). SP 800-38D, RFC 8439. The same key and nonce must never seal twice. */
  aeadSeal(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array

  /** @throws `authentication-failed`; nothing unauthenticated is returned or left behind. */
  aeadOpen(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array

  /**
   * Optional, where it is faster than `aeadSeal` and `aeadOpen` for each chunk: a key kept ready for streams and files.
   * @param key copied; the caller wipes its own
   */
  aeadCipher?(aead: Aead, key: Uint8Array): AeadCipher

  /** AES-KW, RFC 3394 §2.2.1. `kek` 16 or 32 bytes; `key` a multiple of 8, at least 16. */
  keyWrap(kek: Uint8Array, key: Uint8Array): Uint8Array

  /** RFC 3394 §2.2.2. @throws `authentication-failed` */
  keyUnwrap(kek: Uint8Array, wrapped: Uint8Array): Uint8Array

  /** Optional, where there is something faster for many headers than one after the other. Loaded when it is first asked for. */
  headerRewrapper?(): Promise<HeaderRewrapper>

  /** Compares in constant time; different lengths are unequal. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}
