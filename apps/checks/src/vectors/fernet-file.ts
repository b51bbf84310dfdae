import { readFernetKeyFile, Secret, writeFernetKeyFile } from '@kms/core'
import type { Backend } from './backends.ts'
import { codeOf } from './errors.ts'
import { hex } from './hex.ts'
import { expect, expectBytes, type Outcome, run } from './outcome.ts'

// Key files made as 16-byte salt ‖ Fernet token under PBKDF2-HMAC-SHA-256 of 600,000 iterations (https://github.com/fernet/spec).

interface KeyFile {
  readonly password: string
  readonly key: string
  readonly file: string
}

export type FernetFile = readonly KeyFile[]

export function isFernetFile(content: unknown): content is FernetFile {
  return (
    Array.isArray(content) &&
    content.length > 0 &&
    content.every(({ password, key, file }) => [password, key, file].every((field) => typeof field === 'string'))
  )
}

export async function checkFernetFile(file: string, content: FernetFile, on: readonly Backend[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const backend of on) {
    for (const [i, keyFile] of content.entries()) {
      const about = { file, subject: 'fernet key file', backend: backend.name, id: String(i + 1) }
      outcomes.push(await run(about, () => check(keyFile, backend)))
    }
  }
  return outcomes
}

/** The file opens, with no other password and not with a changed byte; and what is written anew opens too. */
async function check(keyFile: KeyFile, { primitives }: Backend): Promise<void> {
  const [key, file] = [hex(keyFile.key), hex(keyFile.file)]
  const password = Secret.fromPassword(keyFile.password)
  const opened = await readFernetKeyFile(file, password, { primitives })
  expectBytes(opened.key.reveal(), key, 'the key')
  const changed = file.slice()
  changed[80] = (changed[80] as number) ^ 1
  for (const [what, bytes, by] of [
    ['another password', file, Secret.fromPassword(`${keyFile.password}!`)],
    ['a changed byte', changed, password],
  ] as const) {
    const { code } = await codeOf(() => readFernetKeyFile(bytes, by, { primitives }))
    expect(code === 'authentication-failed', `${what} gave ${code}`)
  }
  const written = await writeFernetKeyFile(opened.key, password, { primitives })
  const again = await readFernetKeyFile(written, password, { primitives })
  expectBytes(again.key.reveal(), key, 'the key written and read')
}
