import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { KmsError, keyRoot, type Root } from '@kms/core'
import { createSecretFile, readSecretFile } from '../files/secret-file.ts'
import { bareKeyFromFile, bareKeyText } from './bare-key.ts'

export interface KeyFileOptions {
  /** Makes the file with a new random key, mode 600, if there is none. */
  readonly create?: boolean
}

/**
 * A root in a file of 32 bytes, raw or as base64url or hex. Whoever reads the file opens the store: keep it apart from the store,
 * and a copy of it in a safe.
 * @param path relative to the working folder
 * @throws `insecure-permissions` for a file that others can read, `root-unavailable` if there is none, `invalid-argument` for
 * contents that are no key, `weak-key`, `file-unavailable`
 */
export function keyFileRoot(path: string, { create = false }: KeyFileOptions = {}): Root {
  const absolute = resolve(path)
  if (!existsSync(absolute)) {
    if (!create) {
      throw new KmsError(
        'root-unavailable',
        `There is no root key at ${absolute}. Mount or restore the file, or name another.`,
      )
    }
    const key = globalThis.crypto.getRandomValues(new Uint8Array(32))
    createSecretFile(absolute, new TextEncoder().encode(bareKeyText(key)))
    key.fill(0)
  }
  const key = bareKeyFromFile(readSecretFile(absolute), absolute)
  try {
    return keyRoot(key, `file:${absolute}`)
  } finally {
    key.fill(0)
  }
}
