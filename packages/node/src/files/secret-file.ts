import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { KmsError } from '@kms/core'
import { fileError } from './failures.ts'

/** Bytes of a key or a password at most. */
const standardLimit = 4096

/**
 * Reads a small file that holds a secret, such as a key or a password, and refuses one that others can read. What is checked
 * is the opened file, so it cannot be swapped in between. Windows has no such modes, and nothing is checked there.
 * @param limit bytes at most, 4 KiB unless given
 * @throws `insecure-permissions`, `file-unavailable`, `limit-exceeded`
 */
export function readSecretFile(path: string, limit: number = standardLimit): Uint8Array {
  let file: number
  try {
    // Non-blocking: a pipe of that name must not stop the program.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw fileError(path, 'read', error)
  }
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw new KmsError('file-unavailable', `${path} cannot be read: it is no ordinary file.`)
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
      const mode = (stats.mode & 0o777).toString(8)
      throw new KmsError(
        'insecure-permissions',
        `${path} has mode ${mode}: others can read or change it. chmod 600 it; if others may have read it, replace the secret.`,
      )
    }
    if (stats.size > limit) throw new KmsError('limit-exceeded', `${path} is too large to hold a key or a password.`)
    const contents = new Uint8Array(stats.size)
    let length = 0
    for (let read = -1; read !== 0 && length < contents.length; length += read) {
      read = readSync(file, contents, length, contents.length - length, null)
    }
    if (length !== contents.length) throw new KmsError('file-unavailable', `${path} changed while it was read.`)
    return contents
  } catch (error) {
    throw fileError(path, 'read', error)
  } finally {
    closeSync(file)
  }
}

/**
 * Writes a new file of mode 600, durably. Never replaces one.
 * @throws `file-exists`, `file-unavailable`; nothing is left behind
 */
export function createSecretFile(path: string, contents: Uint8Array): void {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new KmsError('file-exists', `${path} is there already and is not overwritten. Give another name.`)
    }
    throw fileError(path, 'written', error)
  }
  try {
    if (process.platform !== 'win32') fchmodSync(file, 0o600)
    for (let at = 0; at < contents.length; ) at += writeSync(file, contents, at)
    fsyncSync(file)
  } catch (error) {
    unlinkSync(path)
    throw fileError(path, 'written', error)
  } finally {
    closeSync(file)
  }
}
