import type { GivenMaterial, KeyPurpose, KeySpecName, Secret } from '@kms/core'
import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { failure } from '../failure.ts'
import { type FernetPasswordOptions, givenFernetKey, givenKey, givenText, type KeyForm } from '../given-key.ts'
import { givenPassword } from '../given-password.ts'
import type { Invocation } from '../invocation.ts'
import { printable, word } from '../layout.ts'
import { withKms } from '../with-kms.ts'

interface ImportOptions extends FernetPasswordOptions, ChangeOptions {
  readonly asVersionOf?: string
  readonly as?: string
  readonly purpose?: KeyPurpose
  readonly spec?: KeySpecName
  readonly exportable?: boolean
  readonly keyPasswordFile?: string
  readonly form?: GivenForm
}

type GivenForm = KeyForm | 'fernet' | 'pkcs8' | 'jwk'

/** `kms key import --as NAME|--as-version-of NAME [FILE]`: material that was made elsewhere. */
export async function importKey(call: Invocation<ImportOptions>, file?: string): Promise<void> {
  const { asVersionOf: name, as, form = 'raw', purpose, spec, exportable } = call.options
  if ((name === undefined) === (as === undefined)) {
    throw await failure('invalid-argument', 'Say what it becomes: --as NAME, a new key, or --as-version-of NAME.')
  }
  const { material, method, password } = await given(call, file, form)
  const options = { method, ...changeOptions(call), ...(password !== undefined && { password }) }
  if (as !== undefined) {
    const use = {
      ...(purpose !== undefined && { purpose }),
      ...(spec !== undefined && { spec }),
      ...(exportable !== undefined && { exportable }),
    }
    const made = await withKms(call, (kms) => kms.keys.import(as, material, { ...options, ...use })).finally(() =>
      password?.wipe(),
    )
    call.output.result(
      made,
      ({ green }) => `${green('Imported')} ${printable(made.name)}, a key to ${made.purpose}, of ${made.spec}.`,
    )
    call.output.note('Wipe the file that it came from.')
    return
  }
  const of = name ?? ''
  const { key, version } = await withKms(call, (kms) => kms.keys.importVersion(of, material, options)).finally(() =>
    password?.wipe(),
  )
  call.output.result({ key, version }, ({ green }) => {
    return `${green('Imported')} version ${version} of ${printable(key.name)}, pre-active: nothing uses it yet.`
  })
  call.output.note(`Next: kms key rotate ${word(of)} --to ${version}. Wipe the file that it came from.`)
}

async function given(
  call: Invocation<ImportOptions>,
  file: string | undefined,
  form: GivenForm,
): Promise<{ readonly material: GivenMaterial; readonly method: string; readonly password?: Secret }> {
  if (form === 'pkcs8' || form === 'jwk') {
    const text = await givenText(call, file)
    const method = `given as ${form === 'jwk' ? 'JWK' : 'PKCS#8'}`
    if (!text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')) return { material: text, method }
    return { material: text, method: `${method} under a password`, password: await givenPassword(call) }
  }
  if (form !== 'fernet') return { material: await givenKey(call, file, form), method: `given as ${form}` }
  const { key, madeAt } = await givenFernetKey(call, file)
  // The import wipes its own.
  const bytes = new Uint8Array(key.reveal())
  key.wipe()
  return { material: bytes, method: `from a Fernet key file of ${madeAt.toISOString()}` }
}
