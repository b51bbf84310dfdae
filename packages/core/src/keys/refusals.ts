import { KmsError } from '../errors.ts'

/** The key's primary was asked for, and it has none, or none that may protect. @param keyId UUID */
export function noPrimaryVersion(name: string, keyId: string): KmsError {
  return new KmsError(
    'no-primary-version',
    `"${name}" has no version that protects new data. kms key rotate makes one.`,
    { keyIds: [keyId] },
  )
}
