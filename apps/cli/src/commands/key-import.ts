import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { type FernetPasswordOptions, givenFernetKey, givenKey, type KeyForm } from '../given-key.ts'
import type { Invocation } from '../invocation.ts'
import { printable, word } from '../layout.ts'
import { withKms } from '../session.ts'

interface ImportOptions extends FernetPasswordOptions, ChangeOptions {
  readonly asVersionOf: string
  readonly form?: KeyForm | 'fernet'
}

/** `kms key import --as-version-of NAME [FILE]`: 32 bytes that were made elsewhere. */
export async function importKey(call: Invocation<ImportOptions>, file?: string): Promise<void> {
  const { asVersionOf: name, form = 'raw' } = call.options
  const { bytes, method } = await given(call, file, form)
  const { key, version } = await withKms(call, (kms) =>
    kms.keys.importVersion(name, bytes, { method, ...changeOptions(call) }),
  )
  call.output.result({ key, version }, ({ green }) => {
    return `${green('Imported')} version ${version} of ${printable(key.name)}, pre-active: nothing uses it yet.`
  })
  call.output.note(`Next: kms key rotate ${word(name)} --to ${version}. Wipe the file that it came from.`)
}

async function given(
  call: Invocation<ImportOptions>,
  file: string | undefined,
  form: KeyForm | 'fernet',
): Promise<{ readonly bytes: Uint8Array; readonly method: string }> {
  if (form !== 'fernet') return { bytes: await givenKey(call, file, form), method: `given as ${form}` }
  const { key, madeAt } = await givenFernetKey(call, file)
  // The import wipes its own.
  const bytes = new Uint8Array(key.reveal())
  key.wipe()
  return { bytes, method: `from a Fernet key file of ${madeAt.toISOString()}` }
}
