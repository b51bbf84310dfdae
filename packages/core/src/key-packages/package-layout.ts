import { signatureAlgorithm, signatureAlgorithms } from '../crypto/signature-algorithms.ts'
import type { VerificationKey } from '../crypto/verification-key.ts'
import { concat, readU16, u16 } from '../encoding/bytes.ts'
import { type CanonicalObject, decodeCanonical, encodeCanonical } from '../encoding/canonical.ts'
import { type Fields, fitsFields } from '../encoding/fields.ts'
import { fromText, toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'
import type { KeyPackage, PackagedVersion } from './key-package.ts'

// The data that is signed in a key package (contents-v1 §Key packages):
//   count u8 ‖ ( length u16 ‖ material )* ‖ fields
// Secrets come first, as raw bytes, so that a program need not make strings of them, which cannot be wiped.

const fields: Fields = {
  name: 'text',
  description: 'text',
  key: 'text',
  purpose: 'text',
  spec: 'text',
  origin: 'text',
  exportable: 'flag',
  created: 'integer',
  by: 'text',
  store: 'text',
  ring: 'text',
  environment: 'text',
  classification: 'text',
  signer: 'text',
  versions: { number: 'integer', state: 'text', created: 'integer', publicKey: 'text' },
}

/** Bytes of a package's data at most: 255 private keys of RSA 4096 and their fields. */
export const packageLimit: number = 2 ** 20

/** What the fields say; `fitsFields` has looked. */
type PackageFields = Omit<KeyPackage, 'versions'> & {
  readonly signer: string
  readonly versions: readonly {
    readonly number: number
    readonly state: string
    readonly created: number
    readonly publicKey: string
  }[]
}

/** @returns the data, which the caller wipes. @throws `invalid-argument`, `limit-exceeded` */
export function encodePackage({ versions, ...of }: KeyPackage, signer: VerificationKey): Uint8Array {
  if (versions.length < 1 || versions.length > 255) throw invalidArgument('A key package has 1 to 255 versions.')
  const materials = versions.flatMap(({ material }) => {
    if (material.length < 1 || material.length > 0xffff) throw invalidArgument('Key material has 1 to 65,535 bytes.')
    return [u16(material.length), material.reveal()]
  })
  const public_ = encodeCanonical({
    ...of,
    signer: toText(concat(u16(signatureAlgorithms[signer.algorithm].number), signer.publicKey)),
    versions: versions.map(({ material: _, publicKey, ...version }) => ({ ...version, publicKey: toText(publicKey) })),
  })
  const length = materials.reduce((sum, part) => sum + part.length, 1 + public_.length)
  if (length > packageLimit) throw tooLong()
  return concat(Uint8Array.of(versions.length), ...materials, public_)
}

/** A key package, read: its signature is not checked yet. */
export interface ReadPackage {
  /** Who it says has signed it. */
  readonly signer: VerificationKey
  readonly purpose: string
  /** Public half of the newest version. */
  readonly publicKey: Uint8Array
  /** Takes the key out; the caller wipes it. */
  take(): KeyPackage
}

/** @throws `malformed`; `unsupported` for a signer of an unknown algorithm */
export function readPackage(data: Uint8Array): ReadPackage {
  const count = data[0] ?? 0
  const materials: Uint8Array[] = []
  let at = 1
  for (let i = 0; i < count; i++) {
    if (at + 2 > data.length) throw malformed()
    const end = at + 2 + readU16(data, at)
    if (end > data.length || end === at + 2) throw malformed()
    materials.push(data.subarray(at + 2, end))
    at = end
  }
  const { versions, signer, ...of } = readFields(data.subarray(at))
  if (count === 0 || versions.length !== count) throw malformed()
  const publicKeys = versions.map(({ publicKey }) => bytes(publicKey))
  return {
    signer: readSigner(bytes(signer)),
    purpose: of.purpose,
    publicKey: publicKeys.at(-1) as Uint8Array,
    take: () => ({
      ...of,
      versions: versions.map((version, i): PackagedVersion => {
        return { ...version, publicKey: publicKeys[i] as Uint8Array, material: Secret.copy(materials[i] as Uint8Array) }
      }),
    }),
  }
}

function readFields(data: Uint8Array): PackageFields {
  let object: CanonicalObject
  try {
    object = decodeCanonical(data)
  } catch {
    throw malformed()
  }
  if (!fitsFields(fields, object)) throw malformed()
  return object as unknown as PackageFields
}

function readSigner(named: Uint8Array): VerificationKey {
  if (named.length < 2) throw malformed()
  const algorithm = signatureAlgorithm(readU16(named, 0))
  if (algorithm === undefined) {
    throw new KmsError('unsupported', 'The key package is signed in a way this release does not know. Upgrade.')
  }
  return { algorithm, publicKey: named.subarray(2) }
}

function bytes(text: string): Uint8Array {
  try {
    return fromText(text)
  } catch {
    throw malformed()
  }
}

export function tooLong(): KmsError {
  return new KmsError('limit-exceeded', 'A key package has at most 1 MiB. Take fewer versions.')
}

function malformed(): KmsError {
  return new KmsError(
    'malformed',
    'The key package is genuine, but not laid out as one. Ask whoever made it for another.',
  )
}
