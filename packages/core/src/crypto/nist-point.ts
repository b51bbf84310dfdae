import { toHex } from '../encoding/bytes.ts'
import { curves, type NistCurveName } from './curves.ts'

// y² = x³ − 3x + b modulo p: SP 800-186 §3.2.1.3 to §3.2.1.5.
const equations: Readonly<Record<NistCurveName, { readonly p: bigint; readonly b: bigint }>> = {
  'p-256': {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'p-384': {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  'p-521': {
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
}

/**
 * Whether bytes are an uncompressed point `04 ‖ x ‖ y` on the curve (SEC 1 §2.3.4): not every WebCrypto looks when it imports one. Of
 * these curves every point has the full order (their cofactor is 1). Public data, so the time it takes may tell.
 */
export function isPointOn(curve: NistCurveName, bytes: Uint8Array): boolean {
  const { length, publicKeyLength } = curves[curve]
  const { p, b } = equations[curve]
  if (bytes.length !== publicKeyLength || bytes[0] !== 4) return false
  const x = BigInt(`0x${toHex(bytes.subarray(1, 1 + length))}`)
  const y = BigInt(`0x${toHex(bytes.subarray(1 + length))}`)
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
}
