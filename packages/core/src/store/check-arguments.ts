import { KmsError } from '../errors.ts'
import { type Commit, type RecordClass, recordClass, storeLimits } from './key-store.ts'

/** @throws `invalid-argument` for what is not 1 to 256 bytes of printable ASCII */
function checkId(id: string): void {
  if (typeof id !== 'string' || id.length > storeLimits.idBytes || !/^[\x20-\x7e]+$/.test(id)) {
    throw new KmsError('invalid-argument', `A record id has 1 to ${storeLimits.idBytes} characters of printable ASCII.`)
  }
}

/** @throws `invalid-argument` */
function checkLimit(count: number, call: 'read' | 'list', zero: boolean): void {
  if (!Number.isInteger(count) || count < (zero ? 0 : 1) || count > storeLimits.listLimit) {
    throw new KmsError('invalid-argument', `${call} gives at most ${storeLimits.listLimit} records at once.`)
  }
}

/** @throws `invalid-argument`, `limit-exceeded`: before anything is touched */
export function checkCommit(commit: Commit): void {
  if (commit.put.length + commit.remove.length + commit.append.length > storeLimits.commitRecords) {
    throw new KmsError('limit-exceeded', `A commit changes at most ${storeLimits.commitRecords} records.`)
  }
  // In which order a store would apply two changes of one record is no question that a caller should need to ask.
  const changed = [...commit.put.map(({ id }) => id), ...commit.remove]
  if (new Set(changed).size !== changed.length) {
    throw new KmsError('invalid-argument', 'A commit changes each record once: an id is put or removed twice.')
  }
  for (const { id } of commit.expect) checkId(id)
  for (const { id, bytes } of commit.put) {
    checkChangeable(id)
    checkBytes(bytes)
  }
  for (const id of commit.remove) checkChangeable(id)
  for (const { log, bytes, position } of commit.append) {
    checkId(`log/${log}/`)
    if (!Number.isSafeInteger(position) || position < 0)
      throw new KmsError('invalid-argument', 'A position in a log is 0 or more.')
    checkBytes(bytes)
  }
}

function checkChangeable(id: string): void {
  checkId(id)
  if (recordClass(id) === 'log')
    throw new KmsError('invalid-argument', 'Log entries are appended, never put or removed.')
}

function checkBytes(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw new KmsError('invalid-argument', 'The bytes of a record are a Uint8Array.')
  if (bytes.length > storeLimits.recordBytes) {
    throw new KmsError('limit-exceeded', `A record has at most ${storeLimits.recordBytes} bytes.`)
  }
}

/** @throws `invalid-argument` */
export function checkIds(ids: readonly string[]): void {
  checkLimit(ids.length, 'read', true)
  for (const id of ids) checkId(id)
}

/** @throws `invalid-argument` */
export function checkList(kind: RecordClass, prefix: string, after: string, limit: number): void {
  if (!['administered', 'operational', 'log'].includes(kind)) {
    throw new KmsError('invalid-argument', 'There are administered and operational records, and logs.')
  }
  if (prefix !== '') checkId(prefix)
  if (after !== '') checkId(after)
  checkLimit(limit, 'list', false)
}
