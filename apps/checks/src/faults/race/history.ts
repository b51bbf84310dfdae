import type { Begins, Entry, Stands } from './journal.ts'

/** A time in which a version certainly could not be used in one way. */
export interface Window {
  readonly version: number
  readonly use: 'seal' | 'open'
  /** When it was acknowledged that the version may no longer be used so. */
  readonly from: number
  /** When somebody began to allow it again; Infinity if nobody did. */
  readonly until: number
}

type Uses = Readonly<Record<Window['use'], boolean>>

/** What the administrators made of the key, as far as their journal says for certain. */
export class History {
  /** Uses that were not possible, in the order in which they began. */
  readonly windows: readonly Window[]
  readonly #entries: readonly (Begins | Stands)[]

  constructor(journal: readonly Entry[]) {
    this.#entries = journal.filter((entry) => entry.op === 'begins' || entry.op === 'stands')
    this.windows = windowsOf(this.#entries)
  }

  /**
   * Whether a use may have been refused at some time between two: if not, the version allowed it all along.
   * @param version 0 for the primary
   */
  mayRefuse(use: Window['use'], version: number, from: number, until: number): boolean {
    const stood = this.#entries.filter(({ op, at }) => op === 'stands' && at <= from).at(-1)?.at ?? from
    const meanwhile = this.#entries.filter(({ at }) => at >= stood && at <= until)
    return meanwhile.some((entry) =>
      entry.op === 'stands'
        ? !uses(entry, version === 0 ? entry.primary : version)[use]
        : entry.what === 'disable' && (version === 0 || version === entry.version),
    )
  }
}

/** What a version allows. Sealing goes on under an older primary until its processes know of the new one. */
function uses({ primary, states }: Stands, version: number): Uses {
  const state = states[version]
  return { seal: state === 'active' && version === primary, open: state === 'active' || state === 'deactivated' }
}

function windowsOf(entries: readonly (Begins | Stands)[]): readonly Window[] {
  const windows: Window[] = []
  const open = new Map<string, Omit<Window, 'until'>>()
  for (const entry of entries) {
    if (entry.op === 'begins') {
      if (entry.what !== 'enable') continue
      for (const [name, window] of open) {
        if (window.version !== entry.version) continue
        windows.push({ ...window, until: entry.at })
        open.delete(name)
      }
      continue
    }
    for (const version of Object.keys(entry.states).map(Number)) {
      if (entry.states[version] === 'pre-active') continue
      for (const use of ['seal', 'open'] as const) {
        const name = `${version} ${use}`
        if (!uses(entry, version)[use] && !open.has(name)) open.set(name, { version, use, from: entry.at })
      }
    }
  }
  for (const window of open.values()) windows.push({ ...window, until: Number.POSITIVE_INFINITY })
  return windows.sort((a, b) => a.from - b.from)
}
