import type { Authority } from '../access/authority.ts'
import type { Environment } from '../access/environment.ts'
import { sameBytes } from '../encoding/bytes.ts'
import { fromText, toText } from '../encoding/text.ts'
import { readLogEntry } from '../store/log-entry.ts'
import { appendLeaf, emptyFrontier, type Frontier, treeRoot } from '../store/merkle.ts'
import type { HeadRecord } from '../store/records.ts'

const page = 1_000
/** How often a log that grows under its reader is read. */
const attempts = 5

/** What reading a whole log showed. */
export interface LogVerification {
  readonly entries: number
  /** What is wrong with the log itself: entries missing, changed, or not those that the signed head stands for. */
  readonly broken: readonly string[]
  /** Ids of records that are not as their log last left them: replaced by an older genuine form, changed, or gone. */
  readonly stale: readonly string[]
}

/**
 * Recomputes a log's root from its entries, compares it with the signed head, and each record with what the log last said of
 * it: this is what finds an older genuine record put back (contents-v1 §Verifying).
 * @throws `store-rolled-back`, `store-corrupt` for a head that is not genuine, `store-unavailable`
 */
export async function verifyLog(environment: Environment, authority: Authority): Promise<LogVerification> {
  for (let attempt = 1; ; attempt++) {
    await authority.refresh()
    const { record: head } = authority.head
    const { latest, ...log } = await readLog(environment, authority.log, head)
    const verification = { ...log, stale: await staleRecords(environment, latest) }
    // A commit between reading the log and reading the records makes records look newer than the log says.
    const wrong = verification.stale.length + verification.broken.length > 0
    if (!wrong || attempt === attempts) return verification
    await authority.refresh()
    if (authority.head.record.epoch === head.epoch) return verification
  }
}

/** Reads as many entries as the head stands for, and what they last said of each record. */
async function readLog(
  { store, primitives }: Environment,
  log: string,
  head: HeadRecord,
): Promise<Pick<LogVerification, 'entries' | 'broken'> & { readonly latest: ReadonlyMap<string, string> }> {
  const broken: string[] = []
  const latest = new Map<string, string>()
  const revisions = new Map<string, number>()
  let frontier: Frontier = emptyFrontier
  for (let after = ''; frontier.size < head.size; ) {
    const entries = await store.list('log', `log/${log}/`, after, Math.min(page, head.size - frontier.size))
    for (const stored of entries) {
      const entry = readLogEntry(stored, log, frontier.size)
      if (entry === undefined) broken.push(`entry ${frontier.size} is damaged or not in its place`)
      for (const { id, hash, revision } of entry?.changes ?? []) {
        // An older record put back, and then changed by an honest process that took it for the present one.
        if (revision !== (revisions.get(id) ?? 0) + 1) broken.push(`entry ${frontier.size} changes an older ${id}`)
        revisions.set(id, revision)
        latest.set(id, hash)
      }
      frontier = appendLeaf(primitives, frontier, stored.bytes)
    }
    const last = entries.at(-1)
    if (last === undefined) break
    after = last.id
  }
  if (frontier.size < head.size) broken.push(`${head.size - frontier.size} of ${head.size} entries are missing`)
  else if (!sameBytes(treeRoot(primitives, frontier), fromText(head.root))) {
    broken.push('the entries are not those that the head was signed for')
  }
  return { entries: frontier.size, broken, latest }
}

async function staleRecords(environment: Environment, latest: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const { store, primitives } = environment
  const ids = [...latest.keys()]
  const stale: string[] = []
  for (let at = 0; at < ids.length; at += page) {
    const asked = ids.slice(at, at + page)
    const found = new Map((await store.read(asked)).map(({ id, bytes }) => [id, bytes]))
    for (const id of asked) {
      const bytes = found.get(id)
      const hash = bytes === undefined ? undefined : toText(primitives.hash('SHA-256', bytes))
      if (hash !== latest.get(id)) stale.push(id)
    }
  }
  return stale
}
