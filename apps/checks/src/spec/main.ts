#!/usr/bin/env node
// npm run -s spec:check      each sentence of the specification against the tests that name it
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import colours from 'picocolors'
import { compare } from './check.ts'
import { sentencesOf } from './page.ts'
import { namingFiles, runTests } from './tests.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const pages = ['docs/envelope-v1.md', 'docs/contents-v1.md', 'docs/exchange-v1.md']

const sentences = pages.flatMap((page) => sentencesOf(page, readFileSync(resolve(root, page), 'utf8')))
const letters = new Set(sentences.map(({ id }) => id[0]!))
const files = namingFiles(root, letters)
const { shown, problems } = compare(sentences, runTests(root, files, letters), files)
for (const problem of problems) process.stdout.write(`${colours.red('failed')}  ${problem}\n`)
process.stdout.write(`\n${shown.length} passed, ${problems.length} failed\n`)
process.exitCode = problems.length === 0 && shown.length > 0 ? 0 : 1
