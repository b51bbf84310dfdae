import { readFileSync } from 'node:fs'
import type { Backend } from './backends.ts'
import { checkContentsFile, isContentsFile } from './contents-file.ts'
import { checkEnvelopeFile, isEnvelopeFile } from './envelope-file.ts'
import { checkExchangeFile, isExchangeFile } from './exchange-file.ts'
import { checkFernetFile, isFernetFile } from './fernet-file.ts'
import type { Outcome } from './outcome.ts'
import { checkWycheproof, isWycheproof } from './wycheproof.ts'

/** A file that cannot be checked; its message says why and is for people. */
export class BadFile extends Error {}

/** Checks every vector of a file on every backend. @throws BadFile */
export async function checkFile(file: string, on: readonly Backend[]): Promise<Outcome[]> {
  const content = readJson(file)
  const outcomes = await dispatch(file, content, on)
  if (outcomes.length === 0) throw new BadFile(`${file}: it holds no vectors.`)
  return outcomes
}

async function dispatch(file: string, content: unknown, on: readonly Backend[]): Promise<Outcome[]> {
  if (isEnvelopeFile(content)) return checkEnvelopeFile(file, content, on)
  if (isContentsFile(content)) return checkContentsFile(file, content, on)
  if (isExchangeFile(content)) return checkExchangeFile(file, content, on)
  if (isWycheproof(content)) return checkWycheproof(file, content, on)
  if (isFernetFile(content)) return checkFernetFile(file, content, on)
  throw new BadFile(
    `${file}: not a format known here. Known are envelope v1, contents v1 and exchange v1 test vectors, Wycheproof testvectors_v1 and Fernet key files.`,
  )
}

function readJson(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BadFile(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new BadFile(`${file}: not JSON.`)
  }
}
