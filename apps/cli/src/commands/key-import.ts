import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { failure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import type { Invocation } from '../invocation.ts'
import { fromBase64, fromHex } from '../key-forms.ts'
import { printable, word } from '../layout.ts'
import { withKms } from '../session.ts'

interface ImportOptions extends ChangeOptions {
  readonly asVersionOf: string
  readonly form?: 'raw' | 'hex' | 'base64'
}

/** A key in any form, and a line's end. */
const longest = 200

/** `kms key import --as-version-of NAME [FILE]`: 32 bytes that were made elsewhere. */
export async function importKey(call: Invocation<ImportOptions>, file?: string): Promise<void> {
  const { asVersionOf: name, form = 'raw' } = call.options
  const given = await given32(call, file, form)
  const { key, version } = await withKms(call, (kms) =>
    kms.keys.importVersion(name, given, { method: `given as ${form}`, ...changeOptions(call) }),
  )
  call.output.result({ key, version }, ({ green }) => {
    return `${green('Imported')} version ${version} of ${printable(key.name)}, pre-active: nothing uses it yet.`
  })
  call.output.note(`Next: kms key rotate ${word(name)} --to ${version}. Wipe the file that it came from.`)
}

async function given32(call: Invocation<ImportOptions>, file: string | undefined, form: string): Promise<Uint8Array> {
  const bytes = await read(call, file)
  if (form === 'raw') return bytes
  try {
    const key = form === 'hex' ? fromHex(bytes) : fromBase64(bytes)
    if (key !== undefined) return key
    throw await failure('invalid-argument', `What was given is no ${form}.`)
  } finally {
    bytes.fill(0)
  }
}

/** A file of mode 600, or stdin. */
async function read({ signal }: Invocation, file: string | undefined): Promise<Uint8Array> {
  if (file !== undefined && file !== '-') {
    const { readSecretFile } = await import('@kms/node')
    return readSecretFile(file, longest)
  }
  const input = await openInput(undefined, signal)
  return readAll(input.read(), longest, input.name)
}
