import { openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs'

// What each process of the race writes down before it goes on: one line of JSON for each thing it did, in a file of its own. A line that
// a kill cut is none. Times are milliseconds on the machine's monotonic clock, which all processes share and nobody fakes.

/** A record that was sealed. */
export interface Sealed {
  readonly op: 'seal'
  /** When the call began. */
  readonly at: number
  readonly version: number
  readonly plaintext: string
  readonly envelope: string
}

/** A record that was opened. */
export interface Opened {
  readonly op: 'open'
  readonly at: number
  readonly version: number
}

/** A call that was refused. */
export interface Refused {
  readonly op: 'refused'
  readonly at: number
  /** When the refusal was known. */
  readonly until: number
  /** 0 where the primary was to seal. */
  readonly version: number
  readonly code: string
  readonly message: string
}

/** What should not occur at all: a warning, an end. */
export interface Trouble {
  readonly op: 'trouble'
  readonly at: number
  readonly code: string
  readonly message: string
}

/** The administrator is about to change a version; 0 for all of the key. */
export interface Begins {
  readonly op: 'begins'
  readonly at: number
  readonly what: 'rotate' | 'retire' | 'disable' | 'enable'
  readonly version: number
}

/** What the key's versions are from then on, until the administrator begins something. */
export interface Stands {
  readonly op: 'stands'
  readonly at: number
  readonly primary: number
  readonly states: Readonly<Record<string, string>>
}

/** The leases under which a retired version was still sealed with have ended. */
export interface Settled {
  readonly op: 'settled'
  readonly at: number
  readonly version: number
}

export type Entry = Sealed | Opened | Refused | Trouble | Begins | Stands | Settled

export const now = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000

export class Journal {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  write(entry: Entry): void {
    writeSync(this.#file, `${JSON.stringify(entry)}\n`)
  }
}

export function readJournal(path: string): readonly Entry[] {
  return entriesOf(readFileSync(path, 'utf8').split('\n'))
}

/** The last entries of a journal that is being written. */
export function tailOf(path: string, file: number): readonly Entry[] {
  const length = 8_192
  const bytes = Buffer.alloc(length)
  const from = Math.max(0, statSync(path).size - length)
  const read = readSync(file, bytes, 0, length, from)
  return entriesOf(
    bytes
      .toString('utf8', 0, read)
      .split('\n')
      .slice(from === 0 ? 0 : 1),
  )
}

function entriesOf(lines: readonly string[]): readonly Entry[] {
  return lines.flatMap((line) => {
    // The last one may be incomplete, and one that a kill cut runs into the next.
    const start = line.lastIndexOf('{"op"')
    if (start < 0 || !line.endsWith('}')) return []
    try {
      return [JSON.parse(line.slice(start)) as Entry]
    } catch {
      return []
    }
  })
}
