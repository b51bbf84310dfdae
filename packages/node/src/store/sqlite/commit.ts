import { type Commit, type CommitResult, checkCommit, KmsError, logEntryId } from '@kms/core'
import type { SqliteConnection } from './driver.ts'
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
    for (const { id, revision, bytes } of commit.put) {
      requireRevision(connection, id, revision - 1)
      const sql = `INSERT INTO ${tableOf(id)} (id, revision, bytes) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, bytes = excluded.bytes`
      connection.all(sql, id, revision, bytes)
    }
    for (const id of commit.remove) connection.all(`DELETE FROM ${tableOf(id)} WHERE id = ?`, id)
    for (const { log, position, bytes } of commit.append) {
      // No gaps: the entry before it is there, and it is not.
      if (position > 0) requireRevision(connection, logEntryId(log, position - 1), 1)
      requireRevision(connection, logEntryId(log, position), 0)
      connection.all('INSERT INTO log (id, revision, bytes) VALUES (?, 1, ?)', logEntryId(log, position), bytes)
    }
    connection.all('UPDATE meta SET sequence = sequence + 1 WHERE one = 1')
    const sequence = connection.all('SELECT sequence FROM meta WHERE one = 1')[0]?.sequence as number
    connection.all('COMMIT')
    return { sequence, positions: commit.append.map(({ position }) => position), storeTime: Date.now() }
  } catch (error) {
    rollBack(connection)
    throw error
  }
}

function requireRevision(connection: SqliteConnection, id: string, revision: number): void {
  const row = connection.all(`SELECT revision FROM ${tableOf(id)} WHERE id = ?`, id)[0]
  if ((row?.revision ?? 0) !== revision) {
    throw new KmsError(
      'conflict',
      'Another process changed the same records first. Nothing was done; read again and repeat.',
    )
  }
}
