import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type KeySpecName,
  type Kms,
  KmsError,
  type PublicKeyForm,
  type SignatureForm,
  verifySignature,
} from '@kms/node'
import { generate, sign, verifies } from './openssl.ts'
import type { Python } from './python.ts'
import type { Results } from './results.ts'
import { type Files, run } from './tools.ts'

const specs = ['ed25519', 'p-256', 'p-384', 'p-521', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const
type Spec = (typeof specs)[number]

const formsOf = (spec: Spec): readonly SignatureForm[] => (spec.startsWith('p-') ? ['raw', 'der'] : ['raw'])
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A message, and another, which no signature of the first is over. */
function messages(): { readonly data: Uint8Array; readonly other: Uint8Array } {
  const data = new Uint8Array(randomBytes(10_007))
  const other = data.slice()
  other[5_000] = (other[5_000] as number) ^ 1
  return { data, other }
}

/** What keys of a store sign, others verify, and the reverse. Neither verifies it over other data. */
export async function checkSignatures(kms: Kms, files: Files, python: Python, results: Results): Promise<void> {
  for (const spec of specs) {
    await checkOurs(kms, spec, files, python, results)
    await checkTheirs(spec, files, python, results)
  }
  await checkKeysOfOpenSsh(files, python, results)
}

async function checkOurs(kms: Kms, spec: Spec, files: Files, python: Python, results: Results): Promise<void> {
  const { data, other } = messages()
  await kms.keys.create(`signs ${spec}`, { purpose: 'sign', spec: spec as KeySpecName })
  using key = await kms.use(`signs ${spec}`, { purpose: 'sign' })
  const pem = (await kms.keys.publicKey(`signs ${spec}`)).pem!
  for (const form of formsOf(spec)) {
    const signature = await key.sign(data, form === 'der' ? { form } : {})
    if (form === 'der' || !spec.startsWith('p-')) {
      await results.check(
        'OpenSSL verifies ours',
        spec,
        () => verifies(files, spec, pem, signature, data) && !verifies(files, spec, pem, signature, other),
      )
    }
    const theirs = (over: Uint8Array): Promise<boolean> =>
      python.ask({ what: 'verify', spec, form, public: pem, signature: hex(signature), data: hex(over) })
    await results.check(
      'cryptography verifies ours',
      `${spec}, ${form}`,
      async () => (await theirs(data)) && !(await theirs(other)),
    )
  }
}

async function checkTheirs(spec: Spec, files: Files, python: Python, results: Results): Promise<void> {
  const { data, other } = messages()
  await results.check('we verify what OpenSSL signs', spec, async () => {
    const { privatePem, publicPem } = generate(files, spec)
    const signature = sign(files, spec, privatePem, data)
    return genuineAlone(publicPem, signature, data, other, formsOf(spec).at(-1) as SignatureForm)
  })
  for (const form of formsOf(spec)) {
    await results.check('we verify what cryptography signs', `${spec}, ${form}`, async () => {
      const made = await python.ask<{ private: string; pem: string; ssh: string }>({ what: 'generate', spec })
      const signature = await python.bytes({ what: 'sign', spec, form, private: made.private, data: hex(data) })
      return (
        (await genuineAlone(made.pem, signature, data, other, form)) &&
        (await genuineAlone(made.ssh, signature, data, other, form))
      )
    })
  }
}

/** Keys that ssh-keygen made, by the line in their .pub file. It signs nothing but its own format: cryptography does with its private keys. */
async function checkKeysOfOpenSsh(files: Files, python: Python, results: Results): Promise<void> {
  const { data, other } = messages()
  for (const [spec, type, bits] of [
    ['ed25519', 'ed25519', '256'],
    ['p-256', 'ecdsa', '256'],
    ['p-384', 'ecdsa', '384'],
    ['p-521', 'ecdsa', '521'],
    ['rsa-3072', 'rsa', '3072'],
  ] as const) {
    await results.check('we verify with keys of ssh-keygen', spec, async () => {
      const path = `${files.folder}/ssh-${spec}`
      run('ssh-keygen', '-q', '-t', type, '-b', bits, '-N', '', '-C', 'ada@example.org', '-f', path)
      const key = readFileSync(path, 'utf8')
      const signature = await python.bytes({ what: 'sign', spec, form: 'raw', private: key, data: hex(data) })
      return genuineAlone(readFileSync(`${path}.pub`, 'utf8'), signature, data, other, 'raw')
    })
  }
}

/** Whether a signature is genuine over `data` and not over `other`. */
async function genuineAlone(
  publicKey: PublicKeyForm,
  signature: Uint8Array,
  data: Uint8Array,
  other: Uint8Array,
  form: SignatureForm,
): Promise<boolean> {
  await verifySignature(publicKey, signature, data, { form })
  try {
    await verifySignature(publicKey, signature, other, { form })
    return false
  } catch (error) {
    return error instanceof KmsError && error.code === 'authentication-failed'
  }
}
