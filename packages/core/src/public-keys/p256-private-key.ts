import { concat } from '../envelope/bytes.ts'

// PKCS#8 (RFC 5958) around an ECPrivateKey with its public key (RFC 5915 §3): what stands around the two is fixed for P-256.
const beforePrivate = Uint8Array.of(
  ...[0x30, 0x81, 0x87, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1],
  ...[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x6d, 0x30, 0x6b, 2, 1, 1, 4, 0x20],
)
const beforePublic = Uint8Array.of(0xa1, 0x44, 3, 0x42, 0)

/** PKCS#8 of a private key of P-256, from both halves as HPKE serialises them; the caller's to wipe. */
export const p256Pkcs8 = (publicKey: Uint8Array, privateKey: Uint8Array): Uint8Array =>
  concat(beforePrivate, privateKey, beforePublic, publicKey)

/** A private key of P-256 for WebCrypto, from both halves as HPKE serialises them. Throws what `importKey` throws. */
export async function p256PrivateKey(publicKey: Uint8Array, privateKey: Uint8Array): Promise<CryptoKey> {
  const pkcs8 = p256Pkcs8(publicKey, privateKey)
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' }
  try {
    return await crypto.subtle.importKey('pkcs8', pkcs8 as BufferSource, algorithm, false, ['deriveBits'])
  } finally {
    pkcs8.fill(0)
  }
}
