import { curvePkcs8 } from '../crypto/curves.ts'

/** A private key of P-256 for WebCrypto, from both halves as HPKE serialises them. Throws what `importKey` throws. */
export async function p256PrivateKey(publicKey: Uint8Array, privateKey: Uint8Array): Promise<CryptoKey> {
  const pkcs8 = curvePkcs8('p-256', privateKey, publicKey)
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' }
  try {
    return await crypto.subtle.importKey('pkcs8', pkcs8 as BufferSource, algorithm, false, ['deriveBits'])
  } finally {
    pkcs8.fill(0)
  }
}
