import type { PolicyOptions as LibraryPolicy, ProfileName } from '@kms/core'
import { givenDays } from './given.ts'

/** Periods, as options have them. */
export interface PolicyOptions {
  readonly profile?: ProfileName | false
  readonly rotationDays?: string | false
  readonly processingDays?: string | false
  readonly transitionDays?: string
}

/** The options of a policy, as the library takes them. */
export async function policyOptions(options: PolicyOptions): Promise<LibraryPolicy> {
  const { profile, rotationDays, processingDays, transitionDays } = options
  const period = async (given: string | false, option: string): Promise<number | null> =>
    given === false ? null : givenDays(given, option)
  return {
    ...(profile !== undefined && { profile: profile === false ? null : profile }),
    ...(rotationDays !== undefined && { rotationDays: await period(rotationDays, '--rotation-days') }),
    ...(processingDays !== undefined && { processingDays: await period(processingDays, '--processing-days') }),
    ...(transitionDays !== undefined && { transitionDays: await givenDays(transitionDays, '--transition-days') }),
  }
}
