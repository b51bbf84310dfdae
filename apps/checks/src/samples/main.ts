#!/usr/bin/env node
// npm run -s samples [-- PAGE…]      runs the samples of the README, the guides and the packages' pages
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import colours from 'picocolors'
import { programsOf, samplesOf } from './page.ts'
import { runPage } from './run.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const guides = 'docs/guides'

function pages(): string[] {
  const own = readdirSync(resolve(root, guides)).filter((name) => name.endsWith('.md'))
  const packages = readdirSync(resolve(root, 'packages')).map((name) => `packages/${name}/README.md`)
  return ['README.md', ...own.sort().map((name) => `${guides}/${name}`), ...packages]
}

function read(page: string): string {
  try {
    return readFileSync(resolve(root, page), 'utf8')
  } catch {
    return ''
  }
}

async function main(): Promise<number> {
  const asked = process.argv.slice(2)
  const stranger = asked.find((page) => read(page) === '')
  if (stranger !== undefined) {
    process.stderr.write(`samples: there is no page "${stranger}"\n`)
    return 2
  }
  let passed = 0
  let failed = 0
  for (const page of asked.length > 0 ? asked : pages()) {
    const outcomes = await runPage(programsOf(samplesOf(read(page))), page.startsWith(guides))
    for (const { sample, problem } of outcomes) {
      const place = `${page}:${sample.line} (${sample.language})`
      if (problem === undefined) passed++
      else failed++
      process.stdout.write(`${problem === undefined ? colours.green('passed') : colours.red('failed')}  ${place}\n`)
      if (problem !== undefined) process.stdout.write(`${problem.trim().replace(/^/gm, '        ')}\n`)
    }
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = await main()
