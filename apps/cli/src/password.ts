import type { Secret } from '@kms/core'
import { failure } from './failure.ts'
import type { Output } from './output.ts'
import type { Settings } from './settings.ts'

/** Where the password comes from: a file, a variable, else the terminal. */
export async function readPassword(
  settings: Settings,
  prompt: { readonly message: string; readonly confirmed?: boolean },
): Promise<Secret> {
  const { Secret, readSecretFile } = await import('@kms/node')
  const { value: path } = settings.passwordFile
  if (path !== undefined) {
    const bytes = readSecretFile(path)
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
      return Secret.fromPassword(text.replace(/\r?\n$/, ''))
    } catch (error) {
      if (error instanceof TypeError)
        throw await failure('invalid-argument', `The password in ${path} is not UTF-8 text.`)
      throw error
    } finally {
      bytes.fill(0)
    }
  }
  const variable = process.env.KMS_PASSWORD
  if (variable !== undefined && variable !== '') return Secret.fromPassword(variable)
  const { openTerminal } = await import('./terminal.ts')
  const terminal = openTerminal()
  if (terminal === undefined) {
    throw await failure(
      'root-unavailable',
      'A password is needed and there is no terminal to ask at. Give --password-file FILE (mode 600), or set KMS_PASSWORD.',
    )
  }
  try {
    const { askPassword } = await import('./prompt.ts')
    return await askPassword(terminal, prompt)
  } finally {
    terminal.close()
  }
}

/** Characters under which a password is short for something that can be guessed at offline. */
const comfortable = 12

/** Warns of a new password that can be guessed at by whoever copies what it protects. It is not refused. */
export function warnIfShort(password: Secret, output: Output, what: 'store' | 'file'): void {
  // The bytes that begin a character of UTF-8: counted without a string of the password.
  const characters = password.reveal().filter((byte) => (byte & 0xc0) !== 0x80)
  const count = characters.length
  characters.fill(0)
  if (count >= comfortable) return
  output.warn(
    `The password has fewer than ${comfortable} characters. Whoever copies the ${what} can guess at it: use more words.`,
  )
}

/** From where `readPassword` would take it, for people. */
export function passwordSource(settings: Settings): string {
  if (settings.passwordFile.value !== undefined) return `${settings.passwordFile.value} (${settings.passwordFile.from})`
  return (process.env.KMS_PASSWORD ?? '') === '' ? 'asked at the terminal' : 'KMS_PASSWORD'
}
