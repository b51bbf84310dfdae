import { keyRoot, type Opener, type Primitives, type Recipient } from '@kms/core'
import { backendParts } from '@kms/node'

export const primitives: Primitives = backendParts().primitives
const root = (fill: number): ReturnType<typeof keyRoot> => keyRoot(new Uint8Array(32).map((_, i) => fill + 5 * i))

export const context = { test: 'faults' }
/** Three bare keys: the first opens always, the second is replaced by the third and back. */
export const to = (key: 1 | 2 | 3): Recipient => root(key).recipient(primitives)
export const by = (key: 1 | 2 | 3): Opener => root(key).opener(primitives)
