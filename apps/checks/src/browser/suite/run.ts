import type { Result } from './case.ts'
import { envelopes } from './envelopes.ts'
import { exchanges } from './exchange.ts'
import { platform } from './platform.ts'
import { seams } from './seams.ts'
import { store } from './store.ts'
import { type VectorFile, vectorCases } from './vectors.ts'

/** Runs every case, one after the other, where this was loaded. */
export async function runAll(vectors: VectorFile): Promise<Result[]> {
  const results: Result[] = []
  for (const { name, run } of [...platform, ...seams, ...envelopes, ...exchanges, ...store, ...vectorCases(vectors)]) {
    try {
      await run()
      results.push({ name })
    } catch (error) {
      results.push({ name, problem: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
    }
  }
  return results
}

/** The vectors as the check's server gives them. */
export async function fetchVectors(): Promise<VectorFile> {
  return (await (await fetch('/vectors.json')).json()) as VectorFile
}
