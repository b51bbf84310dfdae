#!/usr/bin/env node
import { standWithTheUser } from './folder.ts'
import { run } from './run.ts'

standWithTheUser('kms')
process.exitCode = await run(process.argv.slice(2))
