import type { KeyInfo } from '@kms/core'
import { day } from './layout.ts'

export function versionOf(key: KeyInfo): string {
  return key.primary === null ? 'no primary version' : `version ${key.primary}`
}

export function stateOf(key: KeyInfo): string {
  const primary = key.versions.find((version) => version.primary)
  if (primary !== undefined) return `version ${primary.label}, ${primary.state}`
  return `none of ${key.versions.length} ${key.versions.length === 1 ? 'version' : 'versions'}`
}

export function due(key: KeyInfo): string {
  if (key.rotationDue === null) return '-'
  return key.rotationDue.getTime() < Date.now() ? `due since ${day(key.rotationDue)}` : day(key.rotationDue)
}

export function policyFacts(key: KeyInfo): readonly (readonly string[])[] {
  const period = (days: number | null, none: string): string => (days === null ? none : `${days} days`)
  return [
    ['profile', key.profile ?? 'none'],
    ['rotation', key.rotationDays === null ? 'none' : `every ${key.rotationDays} days, ${due(key)}`],
    ['transition', `${key.transitionDays} days`],
    ['old data', period(key.processingDays, 'opens without end')],
  ]
}
