import { createPublicKey } from 'node:crypto'
import { type KeySpecName, type Kms, Secret } from '@kms/node'
import { encrypted, generate, publicOfEncrypted } from './openssl.ts'
import type { Python } from './python.ts'
import type { Results } from './results.ts'
import type { Files } from './tools.ts'

const password = 'six random words are a good one'
const purposes = [
  ['sign', ['ed25519', 'p-256', 'p-384', 'p-521', 'rsa-2048', 'rsa-3072', 'rsa-4096']],
  ['agree', ['x25519', 'p-256', 'p-384', 'p-521']],
] as const

/** Private keys of others are imported, plain and under a password; ours that were made to go out are read by others. */
export async function checkPrivateKeys(kms: Kms, files: Files, python: Python, results: Results): Promise<void> {
  const secret = Secret.fromPassword(password)
  for (const [purpose, specs] of purposes) {
    for (const spec of specs) {
      const subject = `${spec} to ${purpose}`
      const imports = async (from: string, pem: string, publicPem: string, under?: Secret): Promise<boolean> => {
        const name = `imported ${purpose} ${spec} ${from}`
        await kms.keys.import(name, pem, { purpose, ...(under !== undefined && { password: under }) })
        const { bytes, spec: read } = await kms.keys.publicKey(name)
        return read === spec && spkiOf(publicPem).equals(bytes)
      }
      await results.check('private keys of OpenSSL are imported', subject, async () => {
        const { privatePem, publicPem } = generate(files, spec)
        return imports('openssl', privatePem, publicPem)
      })
      await results.check('those under a password, too', subject, async () => {
        const { privatePem, publicPem } = generate(files, spec)
        return imports('openssl under a password', encrypted(files, privatePem, password), publicPem, secret)
      })
      await results.check('private keys of cryptography are imported', subject, async () => {
        const made = await python.ask<{ private: string; pem: string }>({ what: 'generate', spec })
        return imports('cryptography', made.private, made.pem)
      })
      await results.check('those of it under a password, too', subject, async () => {
        const made = await python.ask<{ private: string; pem: string }>({ what: 'generate', spec })
        const pem = await python.ask<string>({ what: 'encrypted', private: made.private, password })
        return imports('cryptography under a password', pem, made.pem, secret)
      })

      const name = `exported ${purpose} ${spec}`
      await kms.keys.create(name, { purpose, spec: spec as KeySpecName, exportable: true })
      const { bytes } = await kms.keys.publicKey(name)
      const exported = await kms.keys.export(name, { password: secret, reason: 'interop' })
      await results.check('OpenSSL reads what is exported', subject, () =>
        Buffer.from(bytes).equals(publicOfEncrypted(files, exported, password)),
      )
      await results.check('cryptography reads what is exported', subject, async () =>
        Buffer.from(bytes).equals(await python.bytes({ what: 'public-of-encrypted', private: exported, password })),
      )
    }
  }
  secret.wipe()
}

const spkiOf = (pem: string): Buffer => createPublicKey(pem).export({ format: 'der', type: 'spki' })
