import { Secret } from '@kms/core'
import type { Backend } from './backends.ts'
import { hex } from './hex.ts'
import { expect, NotBuilt, type Outcome, run } from './outcome.ts'

// Key files made as 16-byte salt ‖ Fernet token under PBKDF2-HMAC-SHA-256 of 600,000 iterations. What of them is built so far is
// the derivation and the token's tag (https://github.com/fernet/spec: version 80 ‖ time 8 ‖ IV 16 ‖ ciphertext ‖ HMAC-SHA-256).

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
      const about = { file, backend: backend.name, id: String(i + 1) }
      outcomes.push(
        await run({ ...about, subject: 'fernet key and tag' }, () => checkTag(keyFile, backend)),
        await run({ ...about, subject: 'fernet key file' }, () => {
          throw new NotBuilt('opening Fernet key files (AES-128-CBC)')
        }),
      )
    }
  }
  return outcomes
}

async function checkTag({ password, file }: KeyFile, { primitives }: Backend): Promise<void> {
  const bytes = hex(file)
  const token = new Uint8Array(Buffer.from(Buffer.from(bytes.subarray(16)).toString('latin1'), 'base64url'))
  expect(token[0] === 0x80, 'the file holds no Fernet token')
  const secret = Secret.fromPassword(password)
  const key = await primitives.pbkdf2('SHA-256', secret.reveal(), bytes.slice(0, 16), 600_000, 32)
  const tag = primitives.hmac('SHA-256', key.slice(0, 16), token.slice(0, -32))
  expect(primitives.equal(tag, token.slice(-32)), 'the tag differs')
}
