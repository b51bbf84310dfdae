import { createECDH } from 'node:crypto'
import { Secret } from '@kms/core'
import { type EcdhCurve, EcdhKey } from '@kms/core/hazmat'
import type { Backend } from './backends.ts'
import { hex } from './hex.ts'
import { NotBuilt } from './outcome.ts'
import type { Group, Test } from './wycheproof-file.ts'

/** Curves by Wycheproof's names, with the bytes of a coordinate, and OpenSSL's name. */
const curves: Readonly<Record<string, readonly [EcdhCurve, number, string]>> = {
  curve25519: ['X25519', 32, ''],
  'P-256': ['P-256', 32, 'prime256v1'],
  secp256r1: ['P-256', 32, 'prime256v1'],
  'P-384': ['P-384', 48, 'secp384r1'],
  secp384r1: ['P-384', 48, 'secp384r1'],
  'P-521': ['P-521', 66, 'secp521r1'],
  secp521r1: ['P-521', 66, 'secp521r1'],
}

/** ECDH through `EcdhKey`. */
export async function sharedSecret(test: Test, group: Group, { crypto }: Backend): Promise<Uint8Array> {
  const [curve, length, openssl] = curves[String(group.curve)] ?? []
  if (curve === undefined || length === undefined) throw new NotBuilt(`Diffie–Hellman on ${group.curve}`)
  const { privateKey, publicKey, theirs } = keysOf(test, group, length, openssl)
  const own = await EcdhKey.fromPrivate(curve, Secret.take(privateKey), publicKey, crypto)
  return (await own.sharedSecret(theirs)).reveal()
}

interface Keys {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
  readonly theirs: Uint8Array
}

function keysOf(test: Test, group: Group, length: number, openssl: string | undefined): Keys {
  switch (group.type) {
    case 'XdhComp':
      // The public half is not asked for.
      return { privateKey: hex(test.private), publicKey: new Uint8Array(32), theirs: hex(test.public) }
    case 'EcdhWebcryptoTest': {
      const [own, other] = [test.private, test.public].map((key) => pointOf(key as Jwk))
      const { d } = test.private as Jwk
      return { privateKey: exactly(fromText(d), length), publicKey: own!, theirs: other! }
    }
    case 'EcdhEcpointTest': {
      const privateKey = exactly(hex(test.private), length)
      const ecdh = createECDH(openssl as string)
      ecdh.setPrivateKey(privateKey)
      return { privateKey, publicKey: new Uint8Array(ecdh.getPublicKey()), theirs: hex(test.public) }
    }
    default:
      throw new NotBuilt(`Diffie–Hellman with keys as in ${group.type}`)
  }
}

type Jwk = Readonly<Record<string, string | undefined>>

const fromText = (text = ''): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'))

/** A JWK's point as it stands, whatever its curve. */
function pointOf({ x, y }: Jwk): Uint8Array {
  return Uint8Array.of(4, ...fromText(x), ...fromText(y))
}

/** A scalar of another length than the curve's, its zeros aside. */
function exactly(scalar: Uint8Array, length: number): Uint8Array {
  const from = scalar.findIndex((byte) => byte !== 0)
  const digits = from === -1 ? new Uint8Array(0) : scalar.subarray(from)
  const result = new Uint8Array(Math.max(length, digits.length))
  result.set(digits, result.length - digits.length)
  return result
}
