import { type Commit, type CommitResult, KmsError, logEntryId, type StoredRecord } from '@kms/core'
import { resultCodes, type SqliteConnection, SqliteFailure, type SqliteValue } from './driver.ts'
import { rollBack, tableOf } from './schema.ts'

/**
 * Compares and commits what was checked, in one transaction that holds the write lock from its start, so that what was compared still holds
 * when it is written.
 * @throws `conflict`: nothing was done
 */
export function runCommit(connection: SqliteConnection, commit: Commit): CommitResult {
  connection.all('BEGIN IMMEDIATE')
  try {
    // What is put as new is compared by its table's primary key.
    const made = new Set(commit.put.flatMap(({ id, revision }) => (revision === 1 ? [id] : [])))
    for (const { id, revision } of commit.expect) {
      if (revision !== 0 || !made.has(id)) requireRevision(connection, id, revision)
    }
    for (const record of commit.put) put(connection, record)
    for (const id of commit.remove) connection.run(`DELETE FROM ${tableOf(id)} WHERE id = ?`, id)
    for (const entry of commit.append) append(connection, entry)
    const meta = connection.get('UPDATE meta SET sequence = sequence + 1 WHERE one = 1 RETURNING sequence')
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
  if (revision === 1) {
    insert(connection, `INSERT INTO ${table} (id, revision, bytes) VALUES (?, ?, ?)`, id, revision, bytes)
    return
  }
  const update = `UPDATE ${table} SET revision = ?, bytes = ? WHERE id = ? AND revision = ?`
  if (connection.run(update, revision, bytes, id, revision - 1) !== 1) throw conflict()
}

/** No gaps: the entry before it is there, and it is not. */
function append(connection: SqliteConnection, { log, position, bytes }: Commit['append'][number]): void {
  const id = logEntryId(log, position)
  if (position === 0) {
    put(connection, { id, revision: 1, bytes })
    return
  }
  const after = 'INSERT INTO log (id, revision, bytes) SELECT ?, 1, ? WHERE EXISTS (SELECT 1 FROM log WHERE id = ?)'
  if (insert(connection, after, id, bytes, logEntryId(log, position - 1)) !== 1) throw conflict()
}

/** The table's primary key compares: a record that is new is not looked for first. */
function insert(connection: SqliteConnection, sql: string, ...parameters: readonly SqliteValue[]): number {
  try {
    return connection.run(sql, ...parameters)
  } catch (error) {
    if (error instanceof SqliteFailure && error.code === resultCodes.constraint) throw conflict()
    throw error
  }
}

function requireRevision(connection: SqliteConnection, id: string, revision: number): void {
  const row = connection.get(`SELECT revision FROM ${tableOf(id)} WHERE id = ?`, id)
  if ((row?.revision ?? 0) !== revision) throw conflict()
}

const conflict = (): KmsError =>
  new KmsError('conflict', 'Another process changed the same records first. Nothing was done; read again and repeat.')
