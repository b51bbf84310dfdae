import type { Primitives } from '../crypto/primitives.ts'
import { toText } from '../encoding/text.ts'

// Where each kind of record lives (contents-v1 §Records). `log` is `store` or a ring's id.

export const storeRecordId = 'store'
export const headId = (log: string): string => `head/${log}`
export const ringPrefix = 'ring/'
export const ringId = (ring: string): string => `${ringPrefix}${ring}`
export const keyPrefix = (ring: string): string => `key/${ring}/`
export const keyId = (ring: string, key: string): string => `${keyPrefix(ring)}${key}`
export const ringVersionPrefix = (ring: string): string => `version/${ring}/`
export const versionPrefix = (ring: string, key: string): string => `${ringVersionPrefix(ring)}${key}/`
export const versionId = (ring: string, key: string, number: number): string =>
  `${versionPrefix(ring, key)}${number.toString(16).padStart(8, '0')}`
export const rotationPrefix = (ring: string): string => `rotation/${ring}/`
export const rotationId = (ring: string, key: string, rotation: string): string =>
  `${rotationPrefix(ring)}${key}/${rotation}`
export const incidentPrefix = (ring: string): string => `incident/${ring}/`
export const incidentId = (ring: string, incident: string): string => `${incidentPrefix(ring)}${incident}`
export const distributionPrefix = (ring: string, key: string): string => `distribution/${ring}/${key}/`
export const distributionId = (ring: string, key: string, distribution: string): string =>
  `${distributionPrefix(ring, key)}${distribution}`
export const sessionPrefix = (ring: string): string => `op/session/${ring}/`
export const sessionId = (ring: string, session: string): string => `${sessionPrefix(ring)}${session}`
export const workId = (ring: string): string => `op/work/${ring}`
export const usageId = (ring: string, key: string): string => `op/usage/${ring}/${key}`
export const requestId = (log: string, request: string): string => `op/request/${log}/${request}`

// Names of up to 200 bytes in any script become ids of a fixed length.
const nameHash = (primitives: Primitives, name: string): string =>
  toText(primitives.hash('SHA-256', new TextEncoder().encode(name)))

export const nameId = (primitives: Primitives, ring: string, name: string): string =>
  `name/${ring}/${nameHash(primitives, name)}`
export const ringNameId = (primitives: Primitives, name: string): string => `ring-name/${nameHash(primitives, name)}`
