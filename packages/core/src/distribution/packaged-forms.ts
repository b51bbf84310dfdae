import { type CurveName, curvePkcs8, curveSpki, curves, rawOfSpki } from '../crypto/curves.ts'
import { fromText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import type { PackagedVersion } from '../key-packages/key-package.ts'
import { rawPrivateKey } from '../key-pairs/pkcs8.ts'
import { Secret } from '../secret.ts'
import type { VersionRecord } from '../store/records.ts'
import type { Material } from '../versions/material.ts'

// Materials and public keys as packages have them (contents-v1 §Key packages), from those that records have (§Purposes), and back. They
// differ for the pairs that people keep in packages, too: keys that sign messages, and keys of HPKE.

/** Specs of keys to sign whose public half is raw in a package. */
const rawSigning: ReadonlySet<string> = new Set(['ed25519', 'p-256'])
/** Specs of keys to agree that are in a package as HPKE serialises them; X-Wing is so in a record as well. */
const rawAgreement: ReadonlySet<string> = new Set(['x25519', 'p-256'])

const isRaw = (purpose: string, spec: string): boolean =>
  (purpose === 'sign' && rawSigning.has(spec)) || (purpose === 'agree' && rawAgreement.has(spec))

/**
 * A version as a package has it.
 * @param secret its material as its record has it; taken, and wiped where the package has another form
 * @param state what the recipient may do with it
 */
export function packagedVersion(version: VersionRecord, secret: Secret, state: string): PackagedVersion {
  const { number, created, purpose, spec } = version
  const spki = fromText(version.publicKey)
  const publicKey = isRaw(purpose, spec) ? (rawOfSpki(spki, spec) as Uint8Array) : spki
  if (purpose !== 'agree' || !rawAgreement.has(spec)) return { number, state, created, publicKey, material: secret }
  try {
    return { number, state, created, publicKey, material: rawPrivateKey(secret) }
  } finally {
    secret.wipe()
  }
}

/** A packaged version's material as its record has it: a copy, the caller's to wipe. @throws `malformed` for halves of another length */
export function recordedMaterial(purpose: string, spec: string, { publicKey, material }: PackagedVersion): Material {
  if (!isRaw(purpose, spec)) return { secret: Secret.copy(material.reveal()), publicKey }
  const curve = spec as CurveName
  if (publicKey.length !== curves[curve].publicKeyLength) throw malformed()
  const spki = curveSpki(curve, publicKey)
  if (purpose === 'sign') return { secret: Secret.copy(material.reveal()), publicKey: spki }
  if (material.length !== curves[curve].length) throw malformed()
  return { secret: Secret.take(curvePkcs8(curve, material.reveal(), publicKey)), publicKey: spki }
}

const malformed = (): KmsError =>
  new KmsError('malformed', 'The halves in the key package are not of the length that their spec has.')
