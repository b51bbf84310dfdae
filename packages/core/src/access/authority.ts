import type { SigningKey, VerifyingKey } from '../crypto/signing.ts'
import { sameBytes } from '../encoding/bytes.ts'
import { fromText, toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { administeredCommit, mergeCommits, type PreparedCommit } from '../store/administered-commit.ts'
import { type Commit, logEntryId, type StoredRecord } from '../store/key-store.ts'
import { type LoggedChange, readLogEntry } from '../store/log-entry.ts'
import { appendLeaf, type Frontier, treeRoot } from '../store/merkle.ts'
import { Recent } from '../store/recent-map.ts'
import { headId, requestId as requestRecordId } from '../store/record-ids.ts'
import type { HeadRecord, RecordKind, RecordTypes } from '../store/records.ts'
import { openRecord, openRecordNow, type SignedBy, type SignedRecord } from '../store/signed-record.ts'
import { VerifiedBytes } from '../store/verified-bytes.ts'
import type { Environment } from './environment.ts'
import type { SeenHead } from './last-seen.ts'
import type { SeenHeads } from './seen-heads.ts'
import { SeenRevisions } from './seen-revisions.ts'

const attempts = 12

/** What an administered change needs: the log it goes to, and who may sign there. */
export interface AuthorityOptions {
  readonly environment: Environment
  readonly storeId: string
  /** `store`, or a ring's id. */
  readonly log: string
  readonly verifyingKey: VerifyingKey
  /** Absent where this process may not administer. */
  readonly signingKey: SigningKey | undefined
  /** The newest head this machine saw before; undefined if it never did. */
  readonly seen: SeenHead | undefined
  /** Remembers the newer heads that were read. */
  readonly heads: SeenHeads
}

/** An administered change, as it is logged. */
export interface Change {
  readonly reason: string
  /** In their new form, with the revision they get. */
  readonly records: readonly RecordTypes[RecordKind][]
  /** Records in their new form that are signed already, by the log's key. */
  readonly signed?: readonly StoredRecord[]
  /** What another log's first commit adds: a new ring's. */
  readonly alongside?: Commit
  /** Starts a new incarnation. */
  readonly incarnation?: number
  /** Records that must be as they are now, beside those that change. */
  readonly expect?: Commit['expect']
  /** What a repeat of the request has to know, such as the id of what it made: up to 200 printable ASCII characters. */
  readonly outcome?: string
}

/**
 * The administered records of one ring, or of the store: reads them, changes them, and notices when they are older than what
 * was seen before (contents-v1 §Signed records).
 */
export class Authority {
  readonly log: string
  readonly #options: AuthorityOptions
  readonly #by: SignedBy
  readonly #verified = new VerifiedBytes()
  #head: SignedRecord<HeadRecord> | undefined
  #seen: SeenHead | undefined
  readonly #revisions = new SeenRevisions()
  /** Of changes that came to the log since this process reads it, but not by its own commits' answers: the last 500 at least. */
  readonly #requests = new Recent<true>(1_000)
  #reading: Promise<unknown> = Promise.resolve()

  constructor(options: AuthorityOptions) {
    this.#options = options
    this.#by = { key: options.verifyingKey, store: options.storeId, verified: this.#verified }
    this.#seen = options.seen
    this.log = options.log
  }

  /** The head as last read. @throws `closed` before the first `refresh` */
  get head(): SignedRecord<HeadRecord> {
    if (this.#head === undefined) throw new KmsError('closed', 'The head of the log was not read yet.')
    return this.#head
  }

  /**
   * Reads the head again. One reading at a time: a slow one that came in after a younger would look like a rollback.
   * @throws `store-rolled-back`, `store-corrupt`, `store-unavailable`
   */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#refresh()
    })
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    const reading = this.#reading.then(read)
    this.#reading = reading.catch(() => {})
    return reading
  }

  /** @returns of the records of `beside` those that exist, from the same moment */
  async #refresh(beside: readonly string[] = []): Promise<readonly StoredRecord[]> {
    const id = headId(this.log)
    const records = await this.#options.environment.store.read([id, ...beside])
    const stored = records.find((record) => record.id === id)
    if (stored === undefined)
      throw new KmsError('store-corrupt', 'The store lacks the head of a log. Restore a backup.')
    const known = this.#head
    if (known === undefined || stored.revision !== known.revision || !sameBytes(stored.bytes, known.bytes)) {
      const head = await openRecord('head', stored, this.#by)
      if (head.record.log !== this.log) throw new KmsError('store-corrupt', 'A head is not where it belongs.')
      await this.#accept(head)
    }
    return records.filter((record) => record !== stored)
  }

  /** Reads one record, verified. @returns undefined if there is none. @throws `store-corrupt` */
  async read<K extends RecordKind>(kind: K, id: string): Promise<SignedRecord<RecordTypes[K]> | undefined> {
    const [stored] = await this.#options.environment.store.read([id])
    return stored === undefined ? undefined : this.open(kind, stored)
  }

  /**
   * Checks a record read otherwise: signed as it must be, and no older than this process has seen it.
   * @throws `store-corrupt`, `store-rolled-back`
   */
  async open<K extends RecordKind>(kind: K, stored: StoredRecord): Promise<SignedRecord<RecordTypes[K]>> {
    const opened = await openRecord(kind, stored, this.#by)
    if (this.#revisions.admit(opened)) return opened
    // A slow reading may come in after a younger one: only what the store says now tells.
    const [again] = await this.#options.environment.store.read([stored.id])
    const now = again === undefined ? undefined : await openRecord(kind, again, this.#by)
    if (now !== undefined && this.#revisions.admit(now)) return now
    throw new KmsError(
      'store-rolled-back',
      'A record is older than this process has seen it: somebody put back an older one. kms doctor says which records.',
    )
  }

  /** Whether records are checked without waiting here (`openNow`). */
  get opensNow(): boolean {
    return this.#options.verifyingKey.crypto.verifyNow !== undefined
  }

  /**
   * `open` without waiting, of a record that was read before.
   * @returns undefined where the platform cannot, and where it may be older than this process has seen it: `open` tells
   * @throws `store-corrupt`
   */
  openNow<K extends RecordKind>(kind: K, stored: StoredRecord): SignedRecord<RecordTypes[K]> | undefined {
    const opened = openRecordNow(kind, stored, this.#by)
    return opened !== undefined && this.#revisions.admit(opened) ? opened : undefined
  }

  /**
   * Makes one administered change: builds it from what is stored now, commits it, and builds it again where another process
   * was first. A change of what was there is remembered on this machine before the call returns: undone by whoever puts back an older
   * database, it must be noticed even by a process that begins after a crash. What only adds is remembered soon.
   * @param operation as the log names it
   * @param subject what it is done to, so that a request id stands for one change of one thing
   * @param requestId 8 to 64 printable ASCII characters; a request is done once. Undefined for one that nobody repeats: it gets a UUID, and no record
   * @param build reads what it needs and gives the change; undefined if there is nothing to do
   * @param beside gives, for each attempt from 1 on, ids of records that `build` gets, those that exist, read at the same moment as the head
   * @returns whether this call or an earlier one of the same request changed anything
   * @throws `not-permitted`, `conflict` after 12 attempts, `store-unavailable`, `file-unavailable` where the change was made and could not be
   * remembered, and what `build` throws
   */
  async commit(
    operation: string,
    subject: string,
    requestId: string | undefined,
    build: (beside: readonly StoredRecord[]) => Promise<Change | undefined>,
    beside: (attempt: number) => readonly string[] = () => [],
  ): Promise<boolean> {
    const { environment, storeId } = this.#options
    const signingKey = this.checkAdministers()
    if (requestId !== undefined && !/^[\x21-\x7e]{8,64}$/.test(requestId)) {
      throw new KmsError('invalid-argument', 'A request id has 8 to 64 printable characters: take a UUID.')
    }
    const request = requestId ?? globalThis.crypto.randomUUID()
    const recorded = requestId === undefined ? [] : [requestRecordId(this.log, requestId)]
    const done = (read: readonly StoredRecord[]): Promise<boolean> =>
      requestId === undefined
        ? Promise.resolve(this.#requests.get(request) ?? false)
        : this.#wasDone(operation, subject, requestId, read)
    for (let attempt = 1; ; attempt++) {
      const read = await this.#inTurn(() => this.#refresh([...recorded, ...beside(attempt)]))
      if (await done(read)) {
        await this.#remember()
        return true
      }
      const change = await build(read.filter(({ id }) => !recorded.includes(id)))
      if (change === undefined) return false
      const before = this.head
      const prepared = await administeredCommit({
        ...change,
        operation,
        subject,
        store: storeId,
        log: this.log,
        head: before,
        key: signingKey,
        primitives: environment.primitives,
        actor: environment.caller,
        time: environment.wall(),
        request,
        recorded: requestId !== undefined,
      })
      try {
        const { alongside, expect = [] } = change
        const { commit } = prepared
        const whole = alongside === undefined ? commit : mergeCommits(commit, alongside)
        await environment.store.commit({ ...whole, expect: [...whole.expect, ...expect] })
        await this.#committed(before, prepared)
        await this.#remembered(change)
        return true
      } catch (error) {
        if (!(error instanceof KmsError) || !error.retry || attempt === attempts) throw error
        // An unavailable store may have done it: the request's record tells, or the log.
        const now = await this.#inTurn(() => this.#refresh(recorded))
        if (await done(now)) {
          await this.#remembered(change)
          return true
        }
        if (error.code !== 'conflict') throw error
        await pause(Math.random() * 2 ** Math.min(attempt, 7))
      }
    }
  }

  /**
   * What a request led to, as its signed record says: the `outcome` of the change that was made.
   * @returns undefined where it changed nothing
   * @throws `store-corrupt`
   */
  async outcomeOf(requestId: string): Promise<string | undefined> {
    return (await this.read('request', requestRecordId(this.log, requestId)))?.record.outcome
  }

  async #remembered({ records }: Change): Promise<void> {
    if (records.some(({ revision }) => revision > 1)) await this.#remember()
  }

  /** Of what was changed a warning is not enough: the caller relies on it that an older store is noticed. */
  async #remember(): Promise<void> {
    try {
      await this.#options.heads.remembered()
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new KmsError(
        'file-unavailable',
        `The change was made, but this machine could not remember it: put back to an older state, the store would be taken for the present one. ${why} Then repeat the call with the same request id, or open the store again.`,
        { cause, retry: false },
      )
    }
  }

  /** What signs administered changes. @throws `not-permitted` where this process may not administer */
  checkAdministers(): SigningKey {
    const { signingKey } = this.#options
    if (signingKey !== undefined) return signingKey
    throw new KmsError('not-permitted', 'This root may use the ring but not administer it. Open with a root that may.')
  }

  /**
   * Whether a request was committed, as its record says if it is among those read.
   * @throws `conflict` if its id was used for another change
   */
  async #wasDone(
    operation: string,
    subject: string,
    requestId: string,
    read: readonly StoredRecord[],
  ): Promise<boolean> {
    const recorded = requestRecordId(this.log, requestId)
    const stored = read.find(({ id }) => id === recorded)
    if (stored === undefined) return false
    const { record } = await this.open('request', stored)
    if (record.operation !== operation || record.subject !== subject) {
      throw new KmsError(
        'conflict',
        'The request id was used for another change, or with other arguments. Nothing was done; take a new one for each.',
        { retry: false },
      )
    }
    return true
  }

  /** Takes the head of a commit that was made, without reading it: nothing can have come between it and the head before it. */
  async #committed(before: SignedRecord<HeadRecord>, { commit, own, head }: PreparedCommit): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#head !== before) {
        await this.#refresh()
        return
      }
      for (const { id, revision } of commit.put) this.#revisions.raise(id, revision)
      for (const stored of own) this.#verified.add(stored)
      this.#take(head)
    })
  }

  /** Takes a head that continues what was seen. */
  async #accept(head: SignedRecord<HeadRecord>): Promise<void> {
    const { epoch, root, size, frontier } = head.record
    const now: SeenHead = { epoch, root, size, frontier }
    const seen = this.#seen
    if (seen !== undefined) {
      const older = epoch < seen.epoch || size < seen.size || (epoch === seen.epoch && root !== seen.root)
      if (older || !(await this.#continues(seen, now))) {
        throw new KmsError(
          'store-rolled-back',
          `The store is older than what this machine has seen of it, or another one grown from an older copy (change ${epoch}; seen: ${seen.epoch}). If it was restored on purpose: kms restore accept. If not, find out who replaced it.`,
        )
      }
    }
    this.#take(head)
  }

  #take(head: SignedRecord<HeadRecord>): void {
    const { epoch, root, size, frontier } = head.record
    this.#head = head
    if (this.#seen?.epoch === epoch) return
    this.#seen = { epoch, root, size, frontier }
    this.#options.heads.see(this.log, this.#seen)
  }

  /** Whether the log of `now` is that of `seen` with entries added; learns from those which records are new. */
  async #continues(seen: SeenHead, now: SeenHead): Promise<boolean> {
    const { store, primitives } = this.#options.environment
    let frontier: Frontier = { size: seen.size, hashes: seen.frontier.map(fromText) }
    let after = seen.size === 0 ? '' : logEntryId(this.log, seen.size - 1)
    const changes: LoggedChange[] = []
    const requests: string[] = []
    while (frontier.size < now.size) {
      const entries = await store.list('log', `log/${this.log}/`, after, Math.min(1_000, now.size - frontier.size))
      if (entries.length === 0) return false
      for (const stored of entries) {
        const entry = readLogEntry(stored, this.log, frontier.size)
        if (entry !== undefined) {
          changes.push(...entry.changes.filter(({ revision }) => revision > 1))
          requests.push(entry.request)
        }
        frontier = appendLeaf(primitives, frontier, stored.bytes)
        after = stored.id
      }
    }
    if (toText(treeRoot(primitives, frontier)) !== now.root) return false
    for (const { id, revision } of changes) this.#revisions.raise(id, revision)
    for (const request of requests) this.#requests.set(request, true)
    return true
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
