import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** What a writer is about to do. In the order of one operation. */
export const phases = ['before the write', 'before the commit', 'before the acknowledgement', 'after'] as const
export type Phase = (typeof phases)[number]

export interface Published {
  /** 1 for a writer's first operation; 0: it has not begun. */
  readonly operation: number
  readonly phase: Phase
}

const length = 8

/**
 * One page that two processes share: a file that stays in the page cache, written by one positional store of eight bytes and
 * read by as many. It outlives a killed writer, so it says in which phase the writer died.
 */
export class PhasePage {
  readonly #file: number
  readonly #bytes = Buffer.alloc(length)

  constructor(path: string) {
    this.#file = openSync(path, 'a+', 0o600)
    closeSync(this.#file)
    this.#file = openSync(path, 'r+')
  }

  publish(operation: number, phase: Phase): void {
    this.#bytes.writeUInt32LE(operation, 0)
    this.#bytes.writeUInt32LE(phases.indexOf(phase), 4)
    writeSync(this.#file, this.#bytes, 0, length, 0)
  }

  clear(): void {
    this.publish(0, 'before the write')
  }

  read(): Published {
    readSync(this.#file, this.#bytes, 0, length, 0)
    return { operation: this.#bytes.readUInt32LE(0), phase: phases[this.#bytes.readUInt32LE(4)] ?? 'after' }
  }

  close(): void {
    closeSync(this.#file)
  }
}
