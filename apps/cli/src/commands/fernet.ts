import type { Secret } from '@kms/core'
import { fileSink, writeWhole } from '../files/sink.ts'
import { type FernetPasswordOptions, fernetPassword, givenFernetKey, givenKey, type KeyForm } from '../given-key.ts'
import type { Invocation } from '../invocation.ts'
import { byteCount, printable } from '../layout.ts'
import { warnIfShort } from '../password.ts'

interface CreateOptions extends FernetPasswordOptions {
  readonly from?: string
  readonly form?: KeyForm
}

/** `kms fernet create FILE`: a key in a file that other programs open, salt ‖ Fernet token. */
export async function create(call: Invocation<CreateOptions>, file: string): Promise<void> {
  const { Secret } = await import('@kms/node')
  const { from, form = 'raw' } = call.options
  // Before anything is asked for: the file is there only once it is whole, and is never one that was there.
  const sink = await fileSink(file, false)
  const { length, contents } = await (async () => {
    const key = Secret.take(
      from === undefined
        ? globalThis.crypto.getRandomValues(new Uint8Array(32))
        : await givenKey(call, from === '-' ? undefined : from, form),
    )
    try {
      return { length: key.length, contents: await sealed(call, key, file) }
    } finally {
      key.wipe()
    }
  })().catch(async (error: unknown) => {
    await sink.discard()
    throw error
  })
  await writeWhole(sink, contents)
  const made = from === undefined ? 'generated' : 'given'
  call.output.result({ file, bytes: length, key: made }, ({ green }) => {
    return `${green('Wrote')} ${printable(file)}, mode 600: a ${made} key of ${byteCount(length)}.`
  })
}

async function sealed(call: Invocation<CreateOptions>, key: Secret, file: string): Promise<Uint8Array> {
  const { backendParts, writeFernetKeyFile } = await import('@kms/node')
  const password = await fernetPassword(call, { message: `New password of ${printable(file)}`, confirmed: true })
  warnIfShort(password, call.output, 'file')
  try {
    return await writeFernetKeyFile(key, password, { ...backendParts(), signal: call.signal })
  } finally {
    password.wipe()
  }
}

/** `kms fernet show FILE`: that it opens, and what it says; never the key. */
export async function show(call: Invocation<FernetPasswordOptions>, file?: string): Promise<void> {
  const { key, madeAt } = await givenFernetKey(call, file)
  const { length } = key
  key.wipe()
  call.output.result({ opens: true, bytes: length, madeAt }, ({ green }) => {
    return `${green('Opens.')} A key of ${byteCount(length)}, written ${madeAt.toISOString()} by whoever made the file.`
  })
}
