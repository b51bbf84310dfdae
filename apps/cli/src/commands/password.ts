import type { PasswordKdfName } from '@kms/core'
import { failure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import type { Invocation } from '../invocation.ts'
import { readPassword } from '../password.ts'
import { readSettings } from '../settings.ts'

interface PasswordOptions {
  readonly kdf?: PasswordKdfName
}

/** A hash that is read, and a line's end. */
const longest = 514

/** `kms password hash`: the PHC string of a login password, for a table of users. */
export async function hash(call: Invocation<PasswordOptions>): Promise<void> {
  const { hashPassword } = await import('@kms/node')
  const phc = await withPassword(call, true, async (password, options) => hashPassword(password, options))
  call.output.result({ hash: phc }, () => phc)
}

/** `kms password verify [HASH]`: whether the password is the one that was hashed. */
export async function verify(call: Invocation<PasswordOptions>, given?: string): Promise<void> {
  const { verifyPassword } = await import('@kms/node')
  const phc = given ?? (await fromStdin(call))
  const verified = await withPassword(call, false, (password, options) => verifyPassword(password, phc, options))
  if (!verified.ok) {
    throw await failure('authentication-failed', 'The password is not the one that was hashed.', { hint: '' })
  }
  call.output.result(verified, ({ green, yellow }) => {
    const advice = verified.rehash ? `\n${yellow('Hash it anew')} with kms password hash: ${verified.reason}.` : ''
    return `${green('It is the password.')}${advice}`
  })
}

async function withPassword<T>(
  call: Invocation<PasswordOptions>,
  confirmed: boolean,
  use: (...given: Parameters<typeof import('@kms/node').hashPassword>) => Promise<T>,
): Promise<T> {
  const { backendParts } = await import('@kms/node')
  const { kdf } = call.options
  const password = await readPassword(readSettings(call.options), { message: 'Login password', confirmed })
  try {
    return await use(password, { ...backendParts(), signal: call.signal, ...(kdf !== undefined && { kdf }) })
  } finally {
    password.wipe()
  }
}

async function fromStdin({ signal }: Invocation): Promise<string> {
  const input = await openInput(undefined, signal)
  return new TextDecoder().decode(await readAll(input.read(), longest, input.name)).trimEnd()
}
