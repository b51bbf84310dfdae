import { randomUUID } from 'node:crypto'
import { keyStoreConformance } from '@kms/core/testing'
import { describe, test } from 'vitest'
import { libsqlDriver } from '../../src/store/sqlite/libsql.ts'
import { nodeSqliteDriver } from '../../src/store/sqlite/node-sqlite.ts'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { temporaryFolder } from '../folder.ts'

const drivers = [libsqlDriver(), nodeSqliteDriver()].filter((driver) => driver !== undefined)

describe.each(drivers)('the SQLite store over $name', (driver) => {
  const at = temporaryFolder()
  const open = async () => {
    const path = at(`${randomUUID()}.keys`)
    const reopen = (): Promise<SqliteStore> => SqliteStore.open(path, { driver })
    return {
      store: await SqliteStore.create(path, { driver }),
      reopen,
      another: async () => {
        // A store in which nothing was ever committed is not there yet for others; whoever creates it again shares it.
        return SqliteStore.create(path, { driver }).catch(reopen)
      },
    }
  }
  for (const { name, run } of keyStoreConformance(open, { persistent: true, shared: true })) test(name, run)
})
