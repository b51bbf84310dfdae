import { stat } from 'node:fs/promises'
import type { Finding } from '@kms/core'
import { exitCodeOf } from '../exit-codes.ts'
import { hintFor } from '../hints.ts'
import type { Invocation } from '../invocation.ts'
import { printable, word } from '../layout.ts'
import { parseRoot } from '../root-spec.ts'
import { readSettings, storeAddress } from '../settings.ts'
import { version } from '../version.ts'
import { withKms } from '../with-kms.ts'

/** `kms doctor`: checks this machine, then the store. Exit code 1 if a check fails. */
export async function doctor(call: Invocation): Promise<void> {
  const local = await checkMachine(call)
  const findings = [...local, ...(await checkStore(call))]
  const count = (status: Finding['status']): number => findings.filter((one) => one.status === status).length
  const summary = { pass: count('pass'), warn: count('warn'), fail: count('fail') }
  call.output.result({ findings, ...summary }, ({ green, yellow, red, dim }) => {
    const mark = { pass: green('ok  '), warn: yellow('warn'), fail: red('FAIL') }
    const lines = findings.map(({ status, message, todo }) => {
      return `${mark[status]}  ${printable(message)}${todo === undefined ? '' : `\n      ${dim(`→ ${printable(todo)}`)}`}`
    })
    return `${lines.join('\n')}\n\n${summary.pass} ok, ${summary.warn} warnings, ${summary.fail} failed`
  })
  if (summary.fail > 0) process.exitCode = exitCodeOf('internal')
}

/** What the store says of itself; that it does not open is a finding too. */
async function checkStore(call: Invocation): Promise<readonly Finding[]> {
  try {
    return await withKms(call, async (kms) => [await checkLastSeen(kms.info.fingerprint), ...(await kms.doctor())])
  } catch (error) {
    const { errorCodes, KmsError } = await import('@kms/core')
    if (!(error instanceof KmsError) || call.signal.aborted) throw error
    const { kind } = errorCodes[error.code]
    if (error.code === 'aborted' || kind === 'internal') throw error
    const todo = kind === 'usage' ? 'kms config shows what is used, and from where' : hintFor(error, 'kms doctor', [])
    return [{ check: 'store', status: 'fail', message: withoutDoctor(error.message), ...(todo !== '' && { todo }) }]
  }
}

/** Messages of the store send people to `kms doctor`, which is where they are. */
function withoutDoctor(message: string): string {
  return message.replace(/; kms doctor [^.]*| kms doctor [^.]*\./g, '')
}

async function checkMachine(call: Invocation): Promise<readonly Finding[]> {
  const settings = readSettings(call.options)
  const { path } = await storeAddress(settings)
  const root = settings.root.value ?? ''
  await parseRoot(root, settings.root.from)
  return [
    { check: 'version', status: 'pass' as const, message: `kms ${version()}.` },
    checkNode(),
    ...(path === '' ? [] : [await checkMode(path, 'The store')]),
    ...(root.startsWith('file:') ? [await checkMode(root.slice('file:'.length), 'The root key file')] : []),
    ...(settings.passwordFile.value === undefined
      ? []
      : [await checkMode(settings.passwordFile.value, 'The password file')]),
    checkRoot(root),
    checkPassword(root, settings.passwordFile.value),
    checkFingerprint(settings.fingerprint.value),
  ].flatMap((finding) => finding ?? [])
}

function checkNode(): Finding {
  const [major = 0] = process.versions.node.split('.').map(Number)
  const check = 'node'
  if (major >= 22) return { check, status: 'pass', message: `Node.js ${process.versions.node}.` }
  return {
    check,
    status: 'warn',
    message: `Node.js ${process.versions.node} gets no security fixes since April 2026.`,
    todo: 'Move to Node.js 22 or later.',
  }
}

async function checkMode(path: string, what: string): Promise<Finding> {
  const check = 'file-mode'
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined)
    return { check, status: 'warn', message: `${what}, ${path}, cannot be looked at.`, todo: 'Check the path.' }
  const mode = (stats.mode & 0o777).toString(8)
  if (process.platform === 'win32') return { check, status: 'pass', message: `${what} is there (no modes on Windows).` }
  return (stats.mode & 0o077) === 0
    ? { check, status: 'pass', message: `${what} has mode ${mode}: nobody else reads it.` }
    : {
        check,
        status: 'fail',
        message: `${what}, ${path}, has mode ${mode}: others can read it.`,
        todo: `chmod 600 ${word(path)}`,
      }
}

function checkRoot(root: string): Finding {
  const check = 'root-kind'
  if (!root.startsWith('env:'))
    return {
      check,
      status: 'pass',
      message: root === 'password' ? 'The root is a password.' : 'The root is a key file.',
    }
  return {
    check,
    status: 'warn',
    message: 'The root key is in an environment variable: child processes, crash reports and logs can see it.',
    todo: 'Put it in a file of mode 600: --root file:PATH',
  }
}

function checkPassword(root: string, file: string | undefined): Finding | undefined {
  const fromVariable = root === 'password' && file === undefined && (process.env.KMS_PASSWORD ?? '') !== ''
  if (!fromVariable) return undefined
  return {
    check: 'password-in-environment',
    status: 'warn',
    message: 'The password is in KMS_PASSWORD: child processes, crash reports and logs can see it.',
    todo: 'Put it in a file of mode 600: KMS_PASSWORD_FILE',
  }
}

function checkFingerprint(fingerprint: string | undefined): Finding {
  const check = 'fingerprint'
  if (fingerprint !== undefined)
    return { check, status: 'pass', message: 'The store must have the fingerprint that was set.' }
  return {
    check,
    status: 'warn',
    message: 'No fingerprint is set: another store at this address that the root opens would be taken for this one.',
    todo: 'Set KMS_STORE_FINGERPRINT to what kms init printed.',
  }
}

async function checkLastSeen(fingerprint: string): Promise<Finding> {
  const { LastSeenFile } = await import('@kms/node')
  const check = 'last-seen'
  const seen = await new LastSeenFile().read(fingerprint).catch((error: Error) => error)
  if (seen instanceof Error) return { check, status: 'fail', message: seen.message }
  if (seen !== null) {
    return {
      check,
      status: 'pass',
      message: 'This machine remembers the newest state of the store, so a rollback is noticed.',
    }
  }
  return {
    check,
    status: 'warn',
    message: 'This machine remembers nothing of the store: an older copy put in its place would go unnoticed.',
    todo: 'Make the state folder writable (XDG_STATE_HOME, or ~/.local/state).',
  }
}
