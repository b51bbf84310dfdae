/** The platform's WebCrypto object, under whatever name its types have: the DOM's `Crypto`, or Node's. */
export type WebCrypto = typeof globalThis.crypto

/** A key as a WebCrypto object holds it. */
export type WebCryptoKey = Awaited<ReturnType<WebCrypto['subtle']['importKey']>>
