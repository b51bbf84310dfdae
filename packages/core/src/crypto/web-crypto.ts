/** The platform's WebCrypto object, under whatever name its types have: the DOM's `Crypto`, or Node's. */
export type WebCrypto = typeof globalThis.crypto & VerifiesNow & SignsMany

/** `CryptoKey`, under whatever name the platform's types have for it. */
export type WebCryptoKey = Parameters<(typeof globalThis.crypto)['subtle']['verify']>[1]

/** What a platform may have beside WebCrypto: signatures checked without waiting, so that records are checked when they are first needed. */
export interface VerifiesNow {
  /**
   * Checks an Ed25519 signature as `subtle.verify` does.
   * @param key of this object's `subtle.importKey`
   * @param signature 64 bytes
   */
  readonly verifyNow?: (key: WebCryptoKey, signature: Uint8Array, data: Uint8Array) => boolean
}

/** Likewise: many signatures asked for at once, which a platform may make elsewhere. */
export interface SignsMany {
  /**
   * Signs each of many byte strings with an Ed25519 key, as `subtle.sign` does one.
   * @param key of this object's `subtle.importKey`
   * @param data is read until the call resolves
   * @returns 64 bytes for each, in order
   */
  readonly signMany?: (key: WebCryptoKey, data: readonly Uint8Array[]) => Promise<readonly Uint8Array[]>
}
