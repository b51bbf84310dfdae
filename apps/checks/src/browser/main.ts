#!/usr/bin/env node
// npm run -s test:browser      @kms/core in a page and in a Worker of headless Chromium
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import colours from 'picocolors'
import type { Page } from 'playwright-core'
import { bundle } from './bundle.ts'
import { launchChromium } from './chromium.ts'
import { exchangePeer } from './exchange-peer.ts'
import { page, policy, type Resource, serve, strictPolicy } from './serve.ts'
import type { Result } from './suite/case.ts'

const vectors = fileURLToPath(
  new URL('../../../../packages/core/test/envelope/envelope-v1.vectors.json', import.meta.url),
)
const entries = ['page', 'worker', 'forbidden'] as const

/** Starts the Worker and waits for what it tells. */
const starter = `globalThis.kmsResults = new Promise((resolve, reject) => {
  const worker = new Worker('/worker.js')
  worker.onmessage = ({ data }) => resolve(data)
  worker.onerror = ({ message }) => reject(new Error(message))
})`

async function bundled(): Promise<{ resources: Map<string, Resource>; results: Result[] }> {
  const html = (script: string, policy: string): Resource => ({ type: 'text/html', body: page(script), policy })
  const resources = new Map<string, Resource>([
    ['/', html('/page.js', policy)],
    ['/in-worker', html('/starter.js', policy)],
    ['/strict', html('/forbidden.js', strictPolicy)],
    ['/starter.js', { type: 'text/javascript', body: starter }],
    ['/vectors.json', { type: 'application/json', body: readFileSync(vectors, 'utf8') }],
  ])
  const results: Result[] = []
  for (const name of entries) {
    const entry = fileURLToPath(new URL(`./suite/${name}.js`, import.meta.url))
    const { code, problems } = await bundle(entry)
    // A Worker has the policy that its own script comes with.
    resources.set(`/${name}.js`, { type: 'text/javascript', body: code, policy })
    const about = `bundle: ${name}.js is one classic script and pulls in nothing of Node`
    results.push(problems.length === 0 ? { name: about } : { name: about, problem: problems.join('; ') })
  }
  return { resources, results }
}

async function resultsOf(page: Page, url: string): Promise<Result[]> {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(url)
  const results = await page.evaluate(() => (globalThis as unknown as { kmsResults: Promise<Result[]> }).kmsResults)
  if (results === undefined) throw new Error(`${url} ran nothing: ${problems.join('; ')}`)
  return [...results, ...problems.map((problem) => ({ name: 'no stray error', problem }))]
}

async function main(): Promise<number> {
  const { resources, results } = await bundled()
  if (results.some(({ problem }) => problem !== undefined)) return report(results)
  const { server, origin } = await serve(resources, await exchangePeer())
  const browser = await launchChromium()
  try {
    const places = { page: '/', worker: '/in-worker', 'page without WebAssembly': '/strict' }
    const runs = Object.entries(places).map(async ([place, path]) => {
      const found = await resultsOf(await browser.newPage(), `${origin}${path}`)
      return found.map((result) => ({ ...result, name: `${place}: ${result.name}` }))
    })
    results.push(...(await Promise.all(runs)).flat())
  } finally {
    await browser.close()
    server.close()
  }
  process.stdout.write(`Chromium ${browser.version()}\n`)
  return report(results)
}

function report(results: readonly Result[]): number {
  const failed = results.filter(({ problem }) => problem !== undefined)
  for (const { name, problem } of failed)
    process.stdout.write(`${colours.red('failed')}  ${name}\n        ${problem}\n`)
  process.stdout.write(`\n${results.length - failed.length} passed, ${failed.length} failed\n`)
  return failed.length === 0 ? 0 : 1
}

process.exitCode = await main()
