import { day } from '../durations.ts'
import { KmsError } from '../errors.ts'
import type { KeyRecord } from '../store/records.ts'
import { ceilingAt, type ProfileName, profileNamed, profiles } from './profiles.ts'

/** What a key's policy is asked to be. */
export interface PolicyOptions {
  /** A named profile, which gives the periods and their ceilings; `data-key` unless periods of your own are given; null for none. */
  readonly profile?: ProfileName | null
  /** Days until a new primary is due, 1 to 36,500; null for none. */
  readonly rotationDays?: number | null
  /** Days for which a version opens old data, from its making, before it is named as overdue; null for no end. */
  readonly processingDays?: number | null
  /** Days for which an old version stays active beside a new primary, 0 to 3,650; 30 unless given. */
  readonly transitionDays?: number
}

/** A policy as a key's record has it. */
export type PolicyFields = Pick<KeyRecord, 'profile' | 'rotationDays' | 'processingDays' | 'transitionDays'>

/** What a key has of which nothing else was asked. */
export const standardPolicy: PolicyFields = {
  profile: 'data-key',
  rotationDays: profileNamed('data-key').rotationDays,
  processingDays: profileNamed('data-key').processingDays,
  transitionDays: 30,
}

const longest = 36_500

/**
 * The policy that is asked for, on the ground of the one there is.
 * @param time when it is to hold
 * @throws `invalid-argument` for what is out of range, or over the ceiling of the profile that is in force
 */
export function policyOf(options: PolicyOptions, before: PolicyFields, time: number): PolicyFields {
  const own = options.rotationDays !== undefined && options.profile === undefined && before === standardPolicy
  const name = options.profile === undefined ? (own ? '' : before.profile) : (options.profile ?? '')
  const profile = name === '' ? undefined : profileNamed(name)
  const changed = options.profile !== undefined && profile !== undefined
  const { now } = profile === undefined ? { now: undefined } : ceilingAt(profile, time)
  const standard = changed
    ? { rotationDays: Math.min(profile.rotationDays, now?.days ?? longest), processingDays: profile.processingDays }
    : own
      ? { ...before, processingDays: 0 }
      : before
  const rotationDays = period(options.rotationDays, standard.rotationDays, 'rotationDays')
  const processingDays = period(options.processingDays, standard.processingDays, 'processingDays')
  const transitionDays = options.transitionDays ?? before.transitionDays
  if (!Number.isInteger(transitionDays) || transitionDays < 0 || transitionDays > 3_650) {
    throw new KmsError('invalid-argument', 'transitionDays is a number of days from 0 to 3,650.')
  }
  if (now !== undefined && (rotationDays === 0 || rotationDays > now.days)) {
    throw new KmsError(
      'invalid-argument',
      `The profile ${name} allows ${now.days} days at most since ${now.from}: ${now.source}. Take fewer, or no profile.`,
    )
  }
  if (processingDays !== 0 && processingDays < rotationDays) {
    throw new KmsError('invalid-argument', 'A version opens old data for at least as long as it protects new data.')
  }
  return { profile: name, rotationDays, processingDays, transitionDays }
}

/** The period in which a version protects new data: when it ends, and from when on that is worth saying. */
export interface ProtectionPeriod {
  readonly end: number
  /** 30 days before the end, or in the last tenth if that is shorter. */
  readonly notice: number
}

/**
 * The period of a key's primary. A rule of the profile that comes into force later binds from then on, whatever the key was made with.
 * Undefined where there is no primary, or no period.
 */
export function protectionPeriod({
  primary,
  primarySince,
  profile,
  rotationDays,
}: Pick<KeyRecord, 'primary' | 'primarySince' | 'profile' | 'rotationDays'>): ProtectionPeriod | undefined {
  if (primary === 0) return undefined
  const own = rotationDays === 0 ? Number.POSITIVE_INFINITY : primarySince + rotationDays * day
  const { ceilings } = Object.hasOwn(profiles, profile) ? profileNamed(profile) : { ceilings: [] }
  const bounds = ceilings.map(({ from, days }) => Math.max(Date.parse(from), primarySince + days * day))
  const end = Math.min(own, ...bounds)
  if (end === Number.POSITIVE_INFINITY) return undefined
  return { end, notice: end - Math.min(30 * day, Math.ceil((end - primarySince) / 10 / day) * day) }
}

/** Days as a record has them: 0 for none. */
function period(days: number | null | undefined, standard: number, name: string): number {
  if (days === null) return 0
  const checked = days ?? standard
  if (days === undefined || (Number.isInteger(checked) && checked >= 1 && checked <= longest)) return checked
  throw new KmsError('invalid-argument', `${name} is a number of days from 1 to 36,500, or null for none.`)
}
