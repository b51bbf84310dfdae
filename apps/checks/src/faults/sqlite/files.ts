import { join } from 'node:path'

/** Where the suite keeps one store and what belongs to it. */
export interface Files {
  readonly store: string
  readonly root: string
  readonly lastSeen: string
  readonly page: string
  readonly acknowledgements: string
}

export function filesIn(folder: string): Files {
  return {
    store: join(folder, 'store.keys'),
    root: join(folder, 'root.key'),
    lastSeen: join(folder, 'last-seen'),
    page: join(folder, 'page'),
    acknowledgements: join(folder, 'acknowledged'),
  }
}
