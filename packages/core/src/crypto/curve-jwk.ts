import { concat } from '../encoding/bytes.ts'
import { memberBytes, type PublicJwkMembers, publicMembers } from '../encoding/public-jwk.ts'
import { toText } from '../encoding/text.ts'
import { invalidArgument } from '../refusals.ts'
import { type CurveName, curveOfJwk, curves } from './curves.ts'

/** A public key on a curve as a JSON Web Key: RFC 7518 §6.2.1 (EC), RFC 8037 §2 (OKP). */
export interface CurveJwk {
  readonly kty: 'EC' | 'OKP'
  readonly crv: string
  readonly x: string
  /** Of EC alone. */
  readonly y?: string
}

/** A raw public key (`Curve.publicKeyLength`) and its curve. */
export interface CurvePublicKey {
  readonly curve: CurveName
  readonly raw: Uint8Array
}

/**
 * Reads a JSON Web Key of a curve. Whether its point is on the curve is for who uses it to check.
 * @returns undefined where it is of no curve that is used here
 * @throws `invalid-argument` as `publicMembers`, and for coordinates of another length
 */
export function readCurveJwk(jwk: object): CurvePublicKey | undefined {
  const members = publicMembers(jwk)
  const curve = curveOfJwk(members)
  if (curve === undefined) return undefined
  const x = coordinate(members, 'x', curve)
  if (curves[curve].jwk.kty === 'OKP') return { curve, raw: x }
  return { curve, raw: concat(Uint8Array.of(4), x, coordinate(members, 'y', curve)) }
}

/** Writes a raw public key of a curve as a JSON Web Key. */
export function writeCurveJwk({ curve, raw }: CurvePublicKey): CurveJwk {
  const { jwk, length } = curves[curve]
  if (jwk.kty === 'OKP') return { ...jwk, x: toText(raw) }
  return { ...jwk, x: toText(raw.subarray(1, 1 + length)), y: toText(raw.subarray(1 + length)) }
}

/** RFC 7518 §6.2.1.2: a coordinate has the length of the curve's field, with zeros before it. */
function coordinate(jwk: PublicJwkMembers, name: 'x' | 'y', curve: CurveName): Uint8Array {
  const bytes = memberBytes(jwk, name)
  const { length } = curves[curve]
  if (bytes.length !== length)
    throw invalidArgument(`The JSON Web Key's ${name} has not the ${length} bytes of its curve.`)
  return bytes
}
