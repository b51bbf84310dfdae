import type { Authority } from '../access/authority.ts'
import type { Environment } from '../access/environment.ts'
import type { RingClock } from '../access/ring-clock.ts'
import { day } from '../durations.ts'
import { KmsError } from '../errors.ts'
import type { IncidentInfo } from '../incidents/incident-info.ts'
import type { DueItem } from '../rotation/due-items.ts'
import type { LastRun } from '../rotation/due-work.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { keyPrefix, storeRecordId, versionPrefix } from '../store/record-ids.ts'
import type { RingRecord } from '../store/records.ts'
import { verifyLog } from './verify-log.ts'

/** What one check of a running system found. */
export interface Finding {
  /** What was checked, in kebab-case. */
  readonly check: string
  readonly status: 'pass' | 'warn' | 'fail'
  readonly message: string
  /** What to do about it. */
  readonly todo?: string
}

/** What is due, and when it was last seen to. */
export interface Work {
  due(): Promise<readonly DueItem[]>
  last(): Promise<LastRun | undefined>
}

export interface DiagnosisOptions {
  readonly work: Work
  /** The incidents of the open ring. */
  readonly incidents: () => Promise<readonly IncidentInfo[]>
  readonly clock: RingClock
  readonly environment: Environment
  readonly ring: RingRecord
  /** Of the store and of the open ring. */
  readonly authorities: readonly Authority[]
}

/** Checks a store and its open ring; changes nothing. Each failing check is a finding, never an exception. */
export async function diagnose(options: DiagnosisOptions): Promise<readonly Finding[]> {
  const { environment, ring, authorities } = options
  const findings: Finding[] = []
  for (const authority of authorities) {
    const name = authority.log === 'store' ? 'store' : `ring "${ring.name}"`
    findings.push(await guarded('log', () => checkLog(environment, authority, name)))
  }
  const ringAuthority = authorities.find(({ log }) => log === ring.ring)
  const storeAuthority = authorities.find(({ log }) => log === 'store')
  if (ringAuthority !== undefined) {
    findings.push(await guarded('records', () => checkRecords(environment, ringAuthority, ring.ring)))
    // Read once: it looks at every key.
    const due = options.work.due()
    findings.push(await guarded('rotation', async () => checkRotation(await due)))
    findings.push(await guarded('incidents', async () => checkIncidents(await options.incidents())))
    findings.push(await guarded('due-work', async () => checkWork(environment, await options.work.last(), await due)))
    findings.push(await guarded('clock', () => checkClock(options.clock)))
  }
  if (storeAuthority !== undefined) findings.push(await guarded('roots', () => checkRoots(storeAuthority)))
  findings.push(await guarded('random', async () => checkRandom()))
  return findings
}

async function guarded(check: string, run: () => Promise<Finding>): Promise<Finding> {
  try {
    return await run()
  } catch (error) {
    const message = error instanceof KmsError ? error.message : 'The check itself failed.'
    return { check, status: 'fail', message, todo: 'Restore a backup, or mend what the message names.' }
  }
}

async function checkLog(environment: Environment, authority: Authority, name: string): Promise<Finding> {
  const { entries, broken, stale } = await verifyLog(environment, authority)
  const wrong = [
    ...broken,
    ...(stale.length > 0
      ? [`${stale.length} records are not as the log left them: ${stale.slice(0, 3).join(', ')}`]
      : []),
  ]
  return wrong.length === 0
    ? {
        check: 'log',
        status: 'pass',
        message: `The log of the ${name} is whole: ${count(entries, 'entry', 'entries')}, every record as it says.`,
      }
    : {
        check: 'log',
        status: 'fail',
        message: `The log of the ${name}: ${wrong.join('; ')}.`,
        todo: 'Somebody changed the database, or it is damaged. Keep a copy, restore a backup, and find out who can write to it.',
      }
}

async function checkRecords(environment: Environment, authority: Authority, ring: string): Promise<Finding> {
  let keys = 0
  let versions = 0
  for await (const stored of administeredRecords(environment.store, keyPrefix(ring))) {
    const { record } = await authority.open('key', stored)
    keys++
    for await (const version of administeredRecords(environment.store, versionPrefix(ring, record.key))) {
      await authority.open('version', version)
      versions++
    }
  }
  return {
    check: 'records',
    status: 'pass',
    message: `Signed as they must be: ${count(keys, 'key', 'keys')}, ${count(versions, 'version', 'versions')}.`,
  }
}

function checkRotation(items: readonly DueItem[]): Finding {
  const counted = (of: readonly DueItem[]): string => `${count(of.length, 'item', 'items')}: ${named(of)}`
  const ended = items.filter(({ kind }) => kind !== 'ends-soon')
  if (ended.length > 0) {
    return {
      check: 'rotation',
      status: 'warn',
      message: `Due by policy, ${counted(ended)}.`,
      todo: 'kms rotate --due does what needs no person; kms rotate --due --dry-run shows all of it.',
    }
  }
  if (items.length === 0) return { check: 'rotation', status: 'pass', message: 'No key is due for rotation.' }
  return {
    check: 'rotation',
    status: 'warn',
    message: `Due soon, ${counted(items)}.`,
    todo: 'kms rotate --due from a timer, or kms key rotate NAME',
  }
}

/**
 * Somebody must do due work, and it must succeed: it has failed when something due fails, or has waited for two days though it needs no
 * person, and when nothing ran for two periods, of a day at least.
 */
function checkWork({ wall }: Environment, last: LastRun | undefined, items: readonly DueItem[]): Finding {
  const check = 'due-work'
  const now = wall()
  const failing = items.filter(({ failure }) => failure !== undefined && failure.code !== 'waiting')
  const waiting = items.filter(
    (item) => !failing.includes(item) && (item.automatic || item.failure) && item.since.getTime() < now - 2 * day,
  )
  const period = Math.max(last?.interval ?? 0, day)
  const silent = last !== undefined && now - last.time > 2 * period
  const ran = last === undefined ? 'never' : `last on ${new Date(last.time).toISOString()}`
  const wrong = [
    ...(silent ? [`It was done ${ran}, longer ago than two periods.`] : []),
    ...(failing.length > 0 ? [`${count(failing.length, 'item fails', 'items fail')}: ${named(failing)}.`] : []),
    ...(waiting.length > 0
      ? [
          `It was done ${ran}, and ${count(waiting.length, 'item waits', 'items wait')} longer than two days: ${named(waiting)}.`,
        ]
      : []),
  ]
  if (wrong.length > 0) {
    const todo =
      failing.length > 0
        ? 'Mend what the messages name; kms rotate --due --retry tries again at once.'
        : 'Run kms rotate --due from a timer, or keep a process open that may administer the ring: docs/guides/schedules.md.'
    return { check, status: 'fail', message: `Due work: ${wrong.join(' ')}`, todo }
  }
  if (last === undefined) return { check, status: 'pass', message: 'No due work waits for anybody.' }
  if (now - last.time <= 2 * last.interval) return { check, status: 'pass', message: `Due work was done ${ran}.` }
  return {
    check,
    status: 'warn',
    message: `Due work was done ${ran}, by a process that would have done it again since.`,
    todo: 'Open that process again, or run kms rotate --due from a timer.',
  }
}

/** An incident whose keys were not all acted on leaves what it is about in use. */
function checkIncidents(incidents: readonly IncidentInfo[]): Finding {
  const check = 'incidents'
  const open = incidents.filter(({ left }) => left.length > 0)
  if (open.length === 0) return { check, status: 'pass', message: 'No incident has keys left to act on.' }
  const named = open.slice(0, 5).map(({ id, trigger, left, withoutPrimary: { length } }) => {
    const revoked = length === 0 ? '' : `, ${length} without a primary`
    return `${trigger} ${id} (${count(left.length, 'key', 'keys')}${revoked})`
  })
  return {
    check,
    status: 'fail',
    message: `Interrupted before all was done, ${count(open.length, 'incident', 'incidents')}: ${named.join(', ')}.`,
    todo: 'kms incident resume ID goes on with it.',
  }
}

/** Items for people, each with what came of it. */
function named(items: readonly DueItem[]): string {
  const shown = items.slice(0, 5).map(({ kind, key, failure }) => {
    if (failure === undefined) return `${key} (${kind})`
    const next = failure.next === null ? 'given up' : `again from ${failure.next.toISOString()}`
    return `${key} (${kind}, tried ${count(failure.count, 'time', 'times')}, ${next}: ${failure.message})`
  })
  return [...shown, ...(items.length > 5 ? [`${items.length - 5} more`] : [])].join(', ')
}

/** Policies go by the clock: one that is wrong stops due work. */
async function checkClock(clock: RingClock): Promise<Finding> {
  const check = 'clock'
  const { now, newest, explained, standing } = await clock.show()
  if (standing === 'plausible') return { check, status: 'pass', message: 'The clock goes with what is written down.' }
  const todo = 'Set the clock; or, if it is right: kms clock accept --reason TEXT'
  const says = `The clock says ${now.toISOString()}`
  return standing === 'behind'
    ? { check, status: 'fail', message: `${says}, before ${newest.toISOString()}, which is written in the log.`, todo }
    : {
        check,
        status: 'warn',
        message: `${says}; nothing explains the time since ${explained.toISOString()}, and nothing is rotated.`,
        todo,
      }
}

async function checkRoots(authority: Authority): Promise<Finding> {
  const store = await authority.read('store', storeRecordId)
  const roots = store?.record.roots ?? []
  return roots.length > 1
    ? { check: 'roots', status: 'pass', message: `${roots.length} roots open the store.` }
    : {
        check: 'roots',
        status: 'warn',
        message: 'One root opens the store. If it is lost, every key is lost.',
        todo: 'Add a second root, and keep it elsewhere.',
      }
}

function checkRandom(): Finding {
  const [a, b] = [0, 0].map(() => globalThis.crypto.getRandomValues(new Uint8Array(32)).join())
  return a === b
    ? {
        check: 'random',
        status: 'fail',
        message: 'The platform gave the same random bytes twice.',
        todo: 'Do not use this machine.',
      }
    : { check: 'random', status: 'pass', message: "Keys come from the platform's CSPRNG." }
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`
