/** What became of one vector on one backend. */
export interface Outcome {
  /** The file it is from. */
  readonly file: string
  /** The algorithm, mode or recipient kind it is about; a row of the table. */
  readonly subject: string
  readonly backend: string
  readonly id: string
  readonly result: 'passed' | 'failed' | 'skipped'
  /** Why it failed; what is not built yet, by name, where it was skipped. */
  readonly reason?: string
}

/** Thrown by a check that a vector does not pass. */
export class Mismatch extends Error {}

/** Thrown by a check that needs what is not built yet, named in the message. */
export class NotBuilt extends Error {}

/** Fails a check unless `holds`. */
export function expect(holds: boolean, what: string): void {
  if (!holds) throw new Mismatch(what)
}

/** Fails a check unless the bytes are equal. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  expect(Buffer.compare(actual, expected) === 0, `${what} differs`)
}

/** Runs one check of one vector. */
export async function run(
  about: Pick<Outcome, 'file' | 'subject' | 'backend' | 'id'>,
  check: () => void | Promise<void>,
): Promise<Outcome> {
  try {
    await check()
    return { ...about, result: 'passed' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof NotBuilt) return { ...about, result: 'skipped', reason }
    return { ...about, result: 'failed', reason }
  }
}
