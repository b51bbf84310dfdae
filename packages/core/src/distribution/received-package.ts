import { sameBytes } from '../encoding/bytes.ts'
import { parseUuid } from '../encoding/uuid.ts'
import { KmsError } from '../errors.ts'
import type { KeyPackage } from '../key-packages/key-package.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { invalidArgument } from '../refusals.ts'
import { type PurposeAndSpec, purposeAndSpec } from '../specs/key-specs.ts'
import { checkText } from '../store/names.ts'
import { readGiven } from '../versions/given-material.ts'
import type { Material } from '../versions/material.ts'
import { recordedMaterial } from './packaged-forms.ts'

/** What the receiver asks of a package. */
export interface AskedFor {
  readonly purpose?: string
  readonly environment?: string
  readonly classification?: string
}

/** @throws `not-permitted` for a package that is not for this ring, `unsupported`, `malformed` */
export function checkPackage(received: KeyPackage, options: AskedFor): PurposeAndSpec {
  const { purpose, environment = '', classification = '' } = options
  if (purpose !== undefined && received.purpose !== purpose) {
    throw new KmsError('not-permitted', 'The key that was sent is for another purpose than the one asked for.')
  }
  const bound = [
    ['environment', received.environment, checkText(environment, 'An environment')],
    ['classification', received.classification, checkText(classification, 'A classification')],
  ] as const
  for (const [what, theirs, ours] of bound) {
    if (theirs === ours) continue
    throw new KmsError(
      'not-permitted',
      theirs === ''
        ? `The key that was sent names no ${what}, and one was asked for. Ask the sender for it again, with it.`
        : `The key was sent for another ${what} than ${ours === '' ? 'none, as it was said here' : 'the one asked for'}: receive it where it belongs.`,
    )
  }
  try {
    parseUuid(received.key)
    return purposeAndSpec(received.purpose, received.spec)
  } catch (cause) {
    throw new KmsError('unsupported', 'The key that was sent is of a purpose or spec this release does not know.', {
      cause,
    })
  }
}

/** A package whose purpose and spec are known. */
export interface Received {
  readonly received: KeyPackage
  readonly use: PurposeAndSpec
}

/**
 * The materials as records have them, each of its spec, not to be guessed as far as one sees, there once, and of a pair with its own public half.
 * @returns the caller's to wipe
 * @throws `weak-key`, `invalid-argument`, `malformed`
 */
export async function readMaterials(
  { environment }: KeyRing,
  { received, use }: Received,
): Promise<readonly Material[]> {
  const { versions } = received
  const numbers = new Set(versions.map(({ number }) => number))
  const states = versions.map(({ state }) => state)
  const known = states.every((state) => state === 'active' || state === 'deactivated')
  const wellNumbered = versions.every(({ number }) => number <= 0xffff_ffff && number % 0x10000 > 0)
  if (
    numbers.size < versions.length ||
    !wellNumbered ||
    !known ||
    states.filter((one) => one === 'active').length > 1
  ) {
    throw new KmsError('malformed', 'The versions in the key package do not make one key. Ask for another package.')
  }
  const read: Material[] = []
  try {
    for (const version of versions) {
      const { secret, publicKey } = recordedMaterial(use.purpose, use.spec, version)
      try {
        const material = await readGiven(environment, use, secret.reveal(), {})
        read.push(material)
        if (!sameBytes(material.publicKey, publicKey)) {
          throw invalidArgument('A private half in the key package does not belong to its public half.')
        }
      } finally {
        secret.wipe()
      }
    }
    for (const [i, { secret }] of read.entries()) {
      if (read.slice(0, i).some((other) => environment.primitives.equal(other.secret.reveal(), secret.reveal()))) {
        throw invalidArgument('Two versions in the key package have the same material.')
      }
    }
    return read
  } catch (error) {
    wipeMaterials(read)
    throw error
  }
}

export function wipeMaterials(materials: readonly Material[]): void {
  for (const { secret } of materials) secret.wipe()
}
