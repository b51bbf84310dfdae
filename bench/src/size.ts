import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { primitivesBytes } from '@kms/wasm'
import { type Bound, figureTarget, missedTarget, type Row, rowOf, type Target } from './harness/report.ts'
import { estimate, interquartileRange, median } from './harness/statistics.ts'

const gzippedLimit: Bound = { atMost: 14 }
const secondGzippedLimit: Bound = { atMost: 8 }
const coldLimit: Bound = { atMost: 3 }

/** Imports the package, then times its first instance: decoding, compiling, instantiating. Milliseconds. */
const coldInstance = `
  const { primitivesModule } = await import(process.argv[1])
  const start = performance.now()
  new WebAssembly.Instance(primitivesModule())
  process.stdout.write(String(performance.now() - start))`

/** How large the module is, and how long its first instance takes in a fresh process. */
export function moduleSize(processes: number): { rows: Row[]; targets: Target[] } {
  const bytes = primitivesBytes()
  const gzipped = gzipSync(bytes, { level: 9 }).length / 1024
  const url = import.meta.resolve('@kms/wasm')
  const cold = Array.from({ length: processes }, () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', coldInstance, url], { encoding: 'utf8' })),
  )
  const size = { subject: 'main module', unit: 'KiB', spread: 0 } as const
  return {
    rows: [
      { ...size, work: 'size', median: Number((bytes.length / 1024).toPrecision(4)) },
      { ...size, work: 'size gzipped', median: Number(gzipped.toPrecision(4)) },
      rowOf('cold instance', 'main module', median(cold) * 1e6, interquartileRange(cold) * 1e6),
    ],
    targets: [
      figureTarget('main module', 'KiB gzipped', gzippedLimit, gzipped),
      figureTarget('main module, cold instance', 'ms', coldLimit, estimate(cold)),
      missedTarget('second module', 'KiB gzipped', secondGzippedLimit),
      missedTarget('second module, cold instance', 'ms', coldLimit),
    ],
  }
}
