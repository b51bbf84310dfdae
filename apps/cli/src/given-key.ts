import type { Secret } from '@kms/core'
import { failure } from './failure.ts'
import { openInput, readAll } from './files/input.ts'
import type { Invocation } from './invocation.ts'
import { fromBase64, fromHex } from './key-forms.ts'
import { printable } from './layout.ts'
import { readPassword } from './password.ts'
import { readSettings } from './settings.ts'

// Key material that people give in a file of mode 600, or on stdin.

export const keyForms = ['raw', 'hex', 'base64'] as const
export type KeyForm = (typeof keyForms)[number]

/** A key in any form, and a line's end. */
const longest = 200
/** A private key of RSA in PEM or JWK. */
const longestText = 16_384

/** The bytes, whatever they are; the caller wipes them. @throws `invalid-argument` for what is not written in that form */
export async function givenKey(call: Invocation, file: string | undefined, form: KeyForm): Promise<Uint8Array> {
  const bytes = await givenBytes(call, file, longest)
  if (form === 'raw') return bytes
  try {
    const key = form === 'hex' ? fromHex(bytes) : fromBase64(bytes)
    if (key !== undefined) return key
    throw await failure('invalid-argument', `What was given is no ${form}.`)
  } finally {
    bytes.fill(0)
  }
}

/** A private key as text, which cannot be wiped. */
export async function givenText(call: Invocation, file: string | undefined): Promise<string> {
  return Buffer.from(await givenBytes(call, file, longestText)).toString('utf8')
}

/** How the password of a Fernet key file is given where it is not the store's. */
export interface FernetPasswordOptions {
  readonly fernetPasswordFile?: string
}

/** Salt, and the token of a key of 4,096 bytes. */
const longestFernet = 6_000

/** What a Fernet key file holds, and when it was made; the caller wipes the key. */
export async function givenFernetKey(
  call: Invocation<FernetPasswordOptions>,
  file: string | undefined,
): Promise<{ readonly key: Secret; readonly madeAt: Date }> {
  const { backendParts, readFernetKeyFile } = await import('@kms/node')
  const bytes = await givenBytes(call, file, longestFernet)
  const of = file === undefined || file === '-' ? 'the key file' : printable(file)
  const password = await fernetPassword(call, { message: `Password of ${of}` })
  try {
    return await readFernetKeyFile(bytes, password, { ...backendParts(), signal: call.signal })
  } finally {
    password.wipe()
  }
}

export function fernetPassword(
  call: Invocation<FernetPasswordOptions>,
  prompt: { readonly message: string; readonly confirmed?: boolean },
): Promise<Secret> {
  const settings = readSettings(call.options)
  const { fernetPasswordFile: given } = call.options
  const passwordFile = given === undefined ? settings.passwordFile : { value: given, from: '--fernet-password-file' }
  return readPassword({ ...settings, passwordFile }, prompt)
}

async function givenBytes({ signal }: Invocation, file: string | undefined, limit: number): Promise<Uint8Array> {
  if (file !== undefined && file !== '-') {
    const { readSecretFile } = await import('@kms/node')
    return readSecretFile(file, limit)
  }
  const input = await openInput(undefined, signal)
  return readAll(input.read(), limit, input.name)
}
