import { accessSync, closeSync, constants, fsyncSync, openSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { KmsError } from '@kms/core'
import { syncFolderNow } from '../../sync-folder.ts'
import { connect } from './connection.ts'
import type { SqliteConnection, SqliteDriver } from './driver.ts'
import { storeError } from './failures.ts'
import { describe, format, isEmpty } from './schema.ts'

// What stands at a path, and whether it is a store of ours.

/** Makes an empty file of mode 600. @returns whether there was one already. @throws `store-unavailable` */
export function createFile(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    syncFolderNow(dirname(path))
    return false
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return true
    throw storeError(path, error)
  }
}

/** @throws `store-exists` unless the file is what a creation leaves that died before the first commit */
export function requireUnused(driver: SqliteDriver, path: string): void {
  if (!statSync(path).isFile()) throw new KmsError('store-exists', `${path} is there already, and is no file.`)
  let unused: boolean
  try {
    const look = driver.open(path, { readOnly: true })
    let about: ReturnType<typeof describe>
    try {
      about = describe(look)
      unused = isEmpty(look) || about?.sequence === 0
    } finally {
      look.close()
    }
    // Reading makes the -wal and -shm of a store that nobody has open, and only a connection that writes takes them away.
    if (!unused && about !== undefined && isWritable(path)) connect(driver, path, false).close()
  } catch (error) {
    const translated = storeError(path, error)
    if (translated instanceof KmsError && translated.code === 'store-corrupt') unused = false
    else throw error
  }
  if (!unused)
    throw new KmsError(
      'store-exists',
      `The file ${path} is there already. Open it with Kms.open, or give another address.`,
    )
}

/** @throws `store-not-found`, `store-unavailable` */
export function requireFile(path: string): Stats {
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw storeError(path, error)
  }
  if (stats === undefined) throw notFound(`There is no key store at ${path}.`)
  if (!stats.isFile()) throw notFound(`There is no key store at ${path}: that is no file.`)
  return stats
}

/** @throws `store-not-found` for a database of something else, or one whose creation did not end; `unsupported`, `store-corrupt` */
export function requireOurs(path: string, connection: SqliteConnection): void {
  if (isEmpty(connection))
    throw notFound(`There is no key store at ${path}: the file is empty, its creation did not end.`)
  const about = describe(connection)
  if (about === undefined) {
    throw new KmsError(
      'store-not-found',
      `There is no key store at ${path}: it is a database of something else. Check the address.`,
    )
  }
  if (about.format > format) {
    throw new KmsError(
      'unsupported',
      `The store ${path} is newer than this program (format ${about.format}, known: ${format}). Upgrade.`,
    )
  }
  if (about.format !== format) throw new KmsError('store-corrupt', `The store ${path} has an impossible format number.`)
  if (about.sequence === 0) throw notFound(`There is no key store at ${path}: its creation did not end.`)
}

function notFound(what: string): KmsError {
  return new KmsError('store-not-found', `${what} kms init creates one; check the address.`)
}

/** Whether this user may write to a file. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
