import { Console } from 'node:console'
import benny from 'benny'
import { measure as measureCalls } from 'mitata'
import { type Row, rowOf } from './report.ts'
import { interquartileRange, median } from './statistics.ts'
import type { Subject, Work } from './subject.ts'

/**
 * Times single calls, subject after subject, by a tool that is not ours: a second opinion on the medians, and the
 * percentiles that blocks of calls cannot show. mitata for microseconds, benny for milliseconds.
 */
export async function percentileRows(work: Work): Promise<Row[]> {
  const rows: Row[] = []
  for (const subject of work.subjects) {
    const start = performance.now()
    await subject.run()
    rows.push(
      ...(performance.now() - start > 10 ? await byBenny(work.name, subject) : await byMitata(work.name, subject)),
    )
  }
  return rows
}

async function byMitata(work: string, subject: Subject): Promise<Row[]> {
  const { p25, p50, p75, p99 } = await measureCalls(() => subject.run())
  return [
    rowOf(`${work}, single calls (mitata)`, subject.name, p50, p75 - p25),
    rowOf(`${work}, 99th percentile (mitata)`, subject.name, p99, p75 - p25),
  ]
}

async function byBenny(work: string, subject: Subject): Promise<Row[]> {
  const { log } = console
  // benny announces each suite on standard output, where the report belongs.
  console.log = new Console(process.stderr).log
  try {
    const summary = await benny.suite(
      `${work}, ${subject.name}`,
      benny.add(subject.name, async () => {
        await subject.run()
      }),
    )
    const nanoseconds = summary.results
      .flatMap((result) => result.details.sampleResults)
      .map((seconds) => seconds * 1e9)
    return [rowOf(`${work}, single calls (benny)`, subject.name, median(nanoseconds), interquartileRange(nanoseconds))]
  } finally {
    console.log = log
  }
}
