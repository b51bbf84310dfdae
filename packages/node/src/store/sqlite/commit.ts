import { type Commit, type CommitResult, checkCommit, KmsError, logEntryId, type StoredRecord } from '@kms/core'
import { resultCodes, type SqliteConnection, SqliteFailure } from './driver.ts'
import { rollBack, tableOf } from './schema.ts'

/**
 * Compares and commits, in one transaction that holds the write lock from its start, so that what was compared still holds
 * when it is written.
 * @throws `conflict`: nothing was done
 */
export function runCommit(connection: SqliteConnection, commit: Commit): CommitResult {
  checkCommit(commit)
  connection.all('BEGIN IMMEDIATE')
  try {
    for (const { id, revision } of commit.expect) requireRevision(connection, id, revision)
    for (const record of commit.put) put(connection, record)
    for (const id of commit.remove) connection.all(`DELETE FROM ${tableOf(id)} WHERE id = ?`, id)
    for (const { log, position, bytes } of commit.append) {
      // No gaps: the entry before it is there, and it is not.
      if (position > 0) requireRevision(connection, logEntryId(log, position - 1), 1)
      put(connection, { id: logEntryId(log, position), revision: 1, bytes })
    }
    const [meta] = connection.all('UPDATE meta SET sequence = sequence + 1 WHERE one = 1 RETURNING sequence')
    const sequence = meta?.sequence as number
    connection.all('COMMIT')
    return { sequence, positions: commit.append.map(({ position }) => position), storeTime: Date.now() }
  } catch (error) {
    rollBack(connection)
    throw error
  }
}

function put(connection: SqliteConnection, { id, revision, bytes }: StoredRecord): void {
  const table = tableOf(id)
  if (revision !== 1) {
    requireRevision(connection, id, revision - 1)
    connection.all(`UPDATE ${table} SET revision = ?, bytes = ? WHERE id = ?`, revision, bytes, id)
    return
  }
  try {
    connection.all(`INSERT INTO ${table} (id, revision, bytes) VALUES (?, ?, ?)`, id, revision, bytes)
  } catch (error) {
    // The table's primary key compares: a record that is new is not looked for first.
    if (error instanceof SqliteFailure && error.code === resultCodes.constraint) throw conflict()
    throw error
  }
}

function requireRevision(connection: SqliteConnection, id: string, revision: number): void {
  const row = connection.all(`SELECT revision FROM ${tableOf(id)} WHERE id = ?`, id)[0]
  if ((row?.revision ?? 0) !== revision) throw conflict()
}

const conflict = (): KmsError =>
  new KmsError('conflict', 'Another process changed the same records first. Nothing was done; read again and repeat.')
