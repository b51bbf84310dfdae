import { join } from 'node:path'

/** How a process uses the key. */
export const modes = ['handle', 'bursts', 'one-shot', 'never-yields'] as const
export type Mode = (typeof modes)[number]

export const keyName = 'data'
export const leaseMs = 2_000

/** Where the race keeps its store and what belongs to it. */
export interface Files {
  readonly store: string
  readonly root: string
  readonly lastSeen: string
  readonly administrator: string
  journal(of: Mode): string
}

export function filesIn(folder: string): Files {
  return {
    store: join(folder, 'store.keys'),
    root: join(folder, 'root.key'),
    lastSeen: join(folder, 'last-seen'),
    administrator: join(folder, 'administrator.jsonl'),
    journal: (of) => join(folder, `${of}.jsonl`),
  }
}
