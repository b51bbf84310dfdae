import { backends } from './backends.ts'
import type { Outcome } from './outcome.ts'
import { BadFile, checkFile } from './read.ts'
import { skipped, table, totals } from './table.ts'

// npm run -s vectors -- FILE...: checks test vectors against the built packages, through what they export, on every backend.

const shownFailures = 20

async function main(files: readonly string[]): Promise<number> {
  if (files.length === 0) {
    console.error(
      'usage: npm run -s vectors -- FILE...   (envelope v1, contents v1 and exchange v1 vectors, Wycheproof testvectors_v1, Fernet key files)',
    )
    return 2
  }
  const on = backends()
  const outcomes: Outcome[] = []
  let bad = 0
  for (const file of files) {
    try {
      outcomes.push(...(await checkFile(file, on)))
    } catch (error) {
      if (!(error instanceof BadFile)) throw error
      console.error(error.message)
      bad++
    }
  }
  if (outcomes.length > 0) console.log(table(outcomes))
  for (const line of skipped(outcomes)) console.log(line)
  const failures = outcomes.filter(({ result }) => result === 'failed')
  for (const { file, backend, id, reason } of failures.slice(0, shownFailures)) {
    console.log(`failed: ${file} ${id} (${backend}): ${reason}`)
  }
  if (failures.length > shownFailures) console.log(`failed: ${failures.length - shownFailures} more`)
  console.log(totals(outcomes))
  return bad > 0 ? 2 : failures.length > 0 ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
