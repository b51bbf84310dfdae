import { toHex } from '../envelope/bytes.ts'

// SP 800-186 §3.2.1.3.
const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/**
 * Whether 65 bytes are an uncompressed point on P-256 (SEC 1 §2.3.4): not every WebCrypto looks when it imports one. Public data, so
 * the time it takes may tell.
 */
export function isP256Point(bytes: Uint8Array): boolean {
  if (bytes.length !== 65 || bytes[0] !== 4) return false
  const x = BigInt(`0x${toHex(bytes.subarray(1, 33))}`)
  const y = BigInt(`0x${toHex(bytes.subarray(33))}`)
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
}
