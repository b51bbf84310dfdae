#!/usr/bin/env node
// npm run -s bench -- NAME [--json] [--quick] [--rounds N] [--no-fail] [--write FILE] [--keys N] [--store FILE]
import { parseArgs } from 'node:util'
import type { Bench } from './harness/bench.ts'
import { quick, thorough } from './harness/measure.ts'
import { formatReport } from './harness/table.ts'

// Loaded when asked for: the peers of one bench must not take part in another.
const benches: Readonly<Record<string, { question: string; load: () => Promise<Bench> }>> = {
  seal: {
    question: 'What does a 64-byte record cost, sealed and opened through a key handle?',
    load: async () => (await import('./seal.ts')).seal,
  },
  wasm: {
    question: 'Is every primitive of the WASM module faster than its peers, and the module small?',
    load: async () => (await import('./wasm.ts')).wasm,
  },
  stream: {
    question: 'How fast is a file of 1 GiB encrypted and decrypted, beside a pipeline, age and the AWS Encryption SDK?',
    load: async () => (await import('./stream.ts')).stream,
  },
  rewrap: {
    question: 'How many headers are rewrapped in a second?',
    load: async () => (await import('./rewrap.ts')).rewrap,
  },
  keys: {
    question: 'What do a million keys in a SQLite store cost, and ten thousand versions of one?',
    load: async () => (await import('./keys.ts')).keys,
  },
  asymmetric: {
    question:
      'What do managed signatures, macs and agreed keys cost over WebCrypto alone, and does making RSA keys stall the process?',
    load: async () => (await import('./asymmetric.ts')).asymmetric,
  },
  crossover: {
    question: 'From which size on is native crypto faster than the WASM module?',
    load: async () => (await import('./crossover.ts')).crossover,
  },
}

const usage = `npm run -s bench -- NAME [options]

  --json        prints { name, machine, rows, targets } instead of a table
  --quick       few and short rounds: shows that it works, not how fast
  --size BYTES  of the file (stream); also as 64MiB or 1GiB
  --keys N      in the store (keys): 1,000,000, or 20,000 with --quick
  --store FILE  the store stays there, and a fill that was interrupted goes on (keys)
  --rounds N    rounds to measure (${thorough.rounds})
  --percentiles times single calls too, with mitata (µs) and benny (ms)
  --no-fail     exits with 0 even when a target is missed
  --write FILE  where a bench that keeps data writes it (crossover)

${Object.entries(benches)
  .map(([name, { question }]) => `  ${name.padEnd(12)}  ${question}`)
  .join('\n')}
`

function parse(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      size: { type: 'string' },
      keys: { type: 'string' },
      store: { type: 'string' },
      percentiles: { type: 'boolean', default: false },
      'no-fail': { type: 'boolean', default: false },
      write: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n\n${usage}`)
  process.exit(2)
}

function bytesOf(text: string): number {
  const [, digits, unit] = /^(\d{1,12})(KiB|MiB|GiB)?$/.exec(text) ?? fail('--size takes bytes, or such as 64MiB')
  const bytes = Number(digits) * 1024 ** (['KiB', 'MiB', 'GiB'].indexOf(unit ?? '') + 1)
  return bytes >= 2048 ? bytes : fail('--size takes 2,048 bytes or more')
}

async function main(): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(process.argv.slice(2))
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
  const { values, positionals } = parsed
  const [name, ...rest] = positionals
  if (name === undefined || values.help) {
    process.stdout.write(usage)
    return 0
  }
  const entry = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (entry === undefined || rest.length > 0) fail(`there is no bench "${positionals.join(' ')}"`)
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 6)) fail('--rounds takes a number from 6 on')
  const keys = values.keys === undefined ? undefined : Number(values.keys)
  if (keys !== undefined && !(Number.isInteger(keys) && keys >= 1_000)) fail('--keys takes a number from 1,000 on')
  const size = values.size === undefined ? undefined : bytesOf(values.size)

  const effort = values.quick ? quick : thorough
  const bench = await entry.load()
  const report = await bench.run({
    effort: rounds === undefined ? effort : { ...effort, rounds },
    quick: values.quick,
    percentiles: values.percentiles,
    ...(rounds === undefined ? {} : { rounds }),
    ...(size === undefined ? {} : { size }),
    ...(keys === undefined ? {} : { keys }),
    ...(values.store === undefined ? {} : { store: values.store }),
    ...(values.write === undefined ? {} : { output: values.write }),
  })
  process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : formatReport(report)}\n`)
  return values['no-fail'] || report.targets.every((target) => target.met) ? 0 : 1
}

process.exitCode = await main()
