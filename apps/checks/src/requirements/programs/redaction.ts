// sdk redaction SECRET [reveal]      P5: prints a secret in every way a program prints things, and looks for it there
import { format, inspect } from 'node:util'
import { KmsError, Secret } from '@kms/node'

const [text = '', mode] = process.argv.slice(3)
const secret = Secret.fromPassword(text)
const holder = { label: 'root', secret, nested: [{ secret }], map: new Map([['secret', secret]]) }
const error = new KmsError('authentication-failed', `Opening failed with ${secret}.`, { cause: holder })

const printed = [
  String(secret),
  `${secret}`,
  JSON.stringify(holder),
  inspect(holder, { depth: null, showHidden: true, getters: true }),
  format('%s %o %O %j', secret, secret, secret, secret),
  inspect(error, { depth: null }),
  String(error),
  error.stack ?? '',
  JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
]
if (mode === 'reveal') printed.push(Buffer.from(secret.reveal()).toString('base64'))

const bytes = Buffer.from(text)
const forms = [
  text,
  bytes.toString('hex'),
  bytes.toString('base64'),
  bytes.toString('base64url'),
  bytes.join(),
  bytes.join(', '),
]
const leaked = printed.findIndex((output) => forms.some((form) => output.includes(form)))
secret.wipe()
const wiped = bytes.length > 0 && secret.length === 0

if (leaked >= 0 || !wiped) {
  process.stdout.write(`output ${leaked + 1} of ${printed.length} holds the secret\n`)
  process.exitCode = 1
} else {
  process.stdout.write(
    `${printed.length} outputs, ${printed.join(' ').split('[redacted]').length - 1} times [redacted], none holds ${text}\n`,
  )
}
