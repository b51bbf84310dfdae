/** A behaviour of `@kms/core` that holds wherever it runs. */
export interface Case {
  readonly name: string
  run(): Promise<void> | void
}

/** What became of a case; plain JSON. */
export interface Result {
  readonly name: string
  /** Why it failed. */
  readonly problem?: string
}

/** Fails a case unless `holds`. */
export function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

export function requireBytes(actual: Uint8Array, expected: Uint8Array): void {
  require(actual.length === expected.length && actual.every((byte, i) => byte === expected[i]), 'other bytes')
}

/** Fails a case unless the work ends with an error of this code. */
export async function requireCode(code: string, work: () => unknown): Promise<void> {
  const got = await Promise.resolve()
    .then(work)
    .then(
      () => 'no error',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    )
  require(got === code, `expected ${code}, got ${got}`)
}
