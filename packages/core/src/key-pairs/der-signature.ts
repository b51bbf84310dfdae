import { type CurveName, curves, isCurve } from '../crypto/curves.ts'
import { concat } from '../encoding/bytes.ts'
import { DerReader, der, derInteger, tags } from '../encoding/der.ts'
import { KmsError } from '../errors.ts'

// ECDSA signatures in their two forms: r ‖ s, each as long as the curve's field (IEEE P1363, RFC 7518 §3.4), and the DER of
// SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 §2.2.3), which OpenSSL, X.509 and most libraries use.

/** The length of an ECDSA signature as r ‖ s; undefined for specs that are not of ECDSA. */
export const ecdsaLength = (spec: string): number | undefined =>
  isCurve(spec) && curves[spec].jwk.kty === 'EC' ? 2 * curves[spec].length : undefined

/** An ECDSA signature in DER. @param raw r ‖ s */
export function derSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2
  return der(tags.sequence, derInteger(shortest(raw.subarray(0, half))), derInteger(shortest(raw.subarray(half))))
}

/**
 * An ECDSA signature as r ‖ s.
 * @param spec of the key
 * @throws `authentication-failed` for what is no signature in DER: it is nobody's
 */
export function rawSignature(signature: Uint8Array, spec: string): Uint8Array {
  const { length } = curves[spec as CurveName]
  try {
    const outer = new DerReader(signature)
    const pair = new DerReader(outer.read(tags.sequence))
    outer.end()
    const [r, s] = [pair.read(tags.integer), pair.read(tags.integer)]
    pair.end()
    return concat(padded(r, length), padded(s, length))
  } catch (cause) {
    throw new KmsError('authentication-failed', 'That is no ECDSA signature in DER.', { cause })
  }
}

function shortest(integer: Uint8Array): Uint8Array {
  let from = 0
  while (from < integer.length - 1 && integer[from] === 0) from++
  return integer.subarray(from)
}

/** A positive INTEGER in its one DER form (X.690 §8.3.2), at its full length. */
function padded(integer: Uint8Array, length: number): Uint8Array {
  const [first = 0x80, second = 0x80] = integer
  const negative = first >= 0x80
  const zeroToSpare = first === 0 && integer.length > 1 && second < 0x80
  const value = first === 0 ? integer.subarray(1) : integer
  if (negative || zeroToSpare || value.length > length) throw new RangeError('no positive integer of that length')
  const out = new Uint8Array(length)
  out.set(value, length - value.length)
  return out
}
