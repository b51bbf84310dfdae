// sdk derivation PASSWORD [secret|password|reused]      D1, D2: hashes a login password, derives a key from it, and keys by purpose from that key
import { backendParts, deriveKey, deriveKeys, hashPassword, newKeyParams, Secret, verifyPassword } from '@kms/node'

const [text = '', misuse] = process.argv.slice(3)
const password = Secret.fromPassword(text)
const parts = backendParts()

try {
  const hash = await hashPassword(password, parts)
  const { ok, rehash } = await verifyPassword(password, hash, parts)
  const params = newKeyParams('pbkdf2')
  const master = await deriveKey(password, misuse === 'reused' ? hash : params, parts)
  const again = await deriveKey(password, params, parts)
  const given = { secret: text as unknown as Secret, password }[misuse ?? ''] ?? master
  const purposes = ['encryption', 'authentication', 'signing'] as const
  const keys = Object.values(deriveKeys(given, purposes, parts)).map((key) => Buffer.from(key.reveal()).toString('hex'))
  const stored = Buffer.from(params.split('$').at(-1) ?? '', 'base64')
  const same = Buffer.compare(master.reveal(), again.reveal()) === 0
  process.stdout.write(
    `verified ${ok}, rehash ${rehash}; the key comes again ${same}; stored ${params.split('$').slice(1, 3).join(' ')} and a salt of ${stored.length} bytes; ${new Set(keys).size} keys for ${purposes.length} purposes, from ${text}\n`,
  )
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
