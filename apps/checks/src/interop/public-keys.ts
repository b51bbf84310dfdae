import { createHash } from 'node:crypto'
import type { KeySpecName, Kms, PublicKeyForms } from '@kms/node'
import { readPem } from './openssl.ts'
import type { Python } from './python.ts'
import type { Results } from './results.ts'
import { type Files, run } from './tools.ts'

/** The public keys of a store, in every form, read by others: they find the key that it is. */
export async function checkPublicKeys(kms: Kms, files: Files, python: Python, results: Results): Promise<void> {
  for (const [purpose, specs] of [
    ['sign', ['ed25519', 'p-256', 'p-384', 'p-521', 'rsa-2048', 'rsa-3072', 'rsa-4096']],
    ['agree', ['x25519', 'p-256', 'p-384', 'p-521']],
    ['transport', ['rsa-2048']],
  ] as const) {
    for (const spec of specs) {
      const name = `public ${purpose} ${spec}`
      await kms.keys.create(name, { purpose, spec: spec as KeySpecName })
      await checkForms(await kms.keys.publicKey(name), `${spec} to ${purpose}`, { files, python, results })
    }
  }
}

interface By {
  readonly files: Files
  readonly python: Python
  readonly results: Results
}

async function checkForms({ spec, bytes, pem, jwk, openSsh }: PublicKeyForms, subject: string, by: By): Promise<void> {
  const { files, python, results } = by
  const isKey = (read: Uint8Array): boolean => Buffer.compare(read, bytes) === 0
  await results.check('OpenSSL reads the PEM', subject, () => isKey(readPem(files, pem!)))
  for (const [form, key] of [
    ['pem', pem],
    ['jwk', jwk],
    ['ssh', openSsh],
  ] as const) {
    if (key === null) continue
    await results.check(`cryptography reads the ${form}`, subject, async () =>
      isKey(await python.bytes({ what: 'read', form, key })),
    )
  }
  if (openSsh === null) return
  const line = files.file(`${openSsh}\n`)
  await results.check('ssh-keygen reads the line', subject, () => {
    const blob = Buffer.from(openSsh.split(' ')[1]!, 'base64')
    const fingerprint = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')
    return run('ssh-keygen', '-l', '-f', line).toString().split(' ')[1] === `SHA256:${fingerprint}`
  })
  // OpenSSH writes Ed25519 in no form but its own.
  if (spec === 'ed25519') return
  await results.check('ssh-keygen makes the PEM of the line', subject, () =>
    isKey(readPem(files, run('ssh-keygen', '-e', '-m', 'PKCS8', '-f', line).toString())),
  )
  await results.check('ssh-keygen makes the line of the PEM', subject, () => {
    const made = run('ssh-keygen', '-i', '-m', 'PKCS8', '-f', files.file(pem!)).toString()
    return made.split(' ')[1]?.trim() === openSsh.split(' ')[1]
  })
}
