import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { primitivesBytes } from '@kms/wasm'
import { passwordHashingBytes } from '@kms/wasm/password-hashing'
import { rewrappingBytes } from '@kms/wasm/rewrapping'
import { type Bound, figureTarget, type Row, rowOf, type Target } from './harness/report.ts'
import { estimate, interquartileRange, median } from './harness/statistics.ts'

const gzippedLimit: Bound = { atMost: 14 }
const otherGzippedLimit: Bound = { atMost: 8 }
const coldLimit: Bound = { atMost: 3 }

/** Imports the package, then times its first instance: decoding, compiling, instantiating. Milliseconds. */
const coldInstance = (url: string, compiled: string): string => `
  const { ${compiled} } = await import('${url}')
  const start = performance.now()
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  new WebAssembly.Instance(${compiled}(), { env: { memory } })
  const time = performance.now() - start // before process.stdout, whose first use takes longer than all of this
  process.stdout.write(String(time))`

const modules = [
  {
    name: 'main module',
    url: '@kms/wasm',
    compiled: 'primitivesModule',
    bytes: primitivesBytes(),
    limit: gzippedLimit,
  },
  {
    name: 'second module',
    url: '@kms/wasm/password-hashing',
    compiled: 'passwordHashingModule',
    bytes: passwordHashingBytes(),
    limit: otherGzippedLimit,
  },
  {
    name: 'third module',
    url: '@kms/wasm/rewrapping',
    compiled: 'rewrappingModule',
    bytes: rewrappingBytes(),
    limit: otherGzippedLimit,
  },
] as const

/** How large the modules are, and how long the first instance of each takes in a fresh process. */
export function moduleSize(processes: number): { rows: Row[]; targets: Target[] } {
  const rows: Row[] = []
  const targets: Target[] = []
  for (const { name, url, compiled, bytes, limit } of modules) {
    const gzipped = gzipSync(bytes, { level: 9 }).length / 1024
    const script = coldInstance(import.meta.resolve(url), compiled)
    const cold = Array.from({ length: processes }, () =>
      Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })),
    )
    const size = { subject: name, unit: 'KiB', spread: 0 } as const
    rows.push(
      { ...size, work: 'size', median: Number((bytes.length / 1024).toPrecision(4)) },
      { ...size, work: 'size gzipped', median: Number(gzipped.toPrecision(4)) },
      rowOf('cold instance', name, median(cold) * 1e6, interquartileRange(cold) * 1e6),
    )
    targets.push(
      figureTarget(name, 'KiB gzipped', limit, gzipped),
      figureTarget(`${name}, cold instance`, 'ms', coldLimit, estimate(cold)),
    )
  }
  return { rows, targets }
}
