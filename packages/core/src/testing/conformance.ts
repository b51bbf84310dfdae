import { type ErrorCode, KmsError } from '../errors.ts'

/** One behaviour that every implementation of a seam shows. `run` throws if this one does not. */
export interface ConformanceCase {
  /** The behaviour, in words. */
  readonly name: string
  run(): Promise<void> | void
}

/** Throws an `Error` that says what was expected, unless it holds. */
export function require(holds: boolean, expected: string): asserts holds {
  if (!holds) throw new Error(`Expected: ${expected}.`)
}

/** Throws unless both are the same as JSON; byte arrays compare by their bytes. */
export function requireEqual(actual: unknown, expected: unknown, what: string): void {
  const is = describe(actual)
  const should = describe(expected)
  if (is !== should) throw new Error(`Expected ${what} to be ${should}, but it is ${is}.`)
}

/** Throws unless the work fails with a `KmsError` of this code. */
export async function requireCode(code: ErrorCode, what: string, work: () => unknown): Promise<void> {
  let outcome: string
  try {
    await work()
    outcome = 'nothing was refused'
  } catch (error) {
    if (error instanceof KmsError && error.code === code) return
    outcome = error instanceof KmsError ? `${error.code}: ${error.message}` : String(error)
  }
  throw new Error(`Expected ${what} to be ${code}, but: ${outcome}.`)
}

function describe(value: unknown): string {
  const text = JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? `bytes ${[...item].join(' ')}` : item))
  return text === undefined ? String(value) : text.length > 300 ? `${text.slice(0, 300)}…` : text
}
