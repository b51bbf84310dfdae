import { failure } from './failure.ts'

// What options are given as text, and what it means.

/** Days, as `option` has them. @throws `invalid-argument` */
export async function givenDays(text: string, option: string): Promise<number> {
  if (!/^\d{1,5}$/.test(text)) throw await failure('invalid-argument', `${option} is a number of days.`)
  return Number(text)
}

/** A time, as `option` has it. @throws `invalid-argument` */
export async function givenTime(text: string, option: string): Promise<Date> {
  const given = new Date(text)
  if (!Number.isNaN(given.getTime())) return given
  throw await failure('invalid-argument', `${option} is a time, such as 2026-11-25 or 2026-11-25T08:30:00Z.`)
}
