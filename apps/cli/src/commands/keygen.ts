import type { PasswordKdfName, Recipient } from '@kms/core'
import type { GenerateOptions } from '@kms/core/envelope'
import { failure } from '../failure.ts'
import { fileSink, writeWhole } from '../files/sink.ts'
import type { Invocation } from '../invocation.ts'
import { printable, word } from '../layout.ts'
import { readPassword, warnIfShort } from '../password.ts'
import { publicHalf } from '../public-half.ts'
import { readSettings } from '../settings.ts'

interface KeygenOptions {
  readonly sign?: boolean
  readonly spec?: string
  readonly name?: string
  readonly key?: string
  readonly kdf?: PasswordKdfName
}

/** `kms keygen FILE`: a key pair, its private half in a key package and nowhere else. */
export async function keygen(call: Invocation<KeygenOptions>, file: string): Promise<void> {
  const { options, output } = call
  const { basename } = await import('node:path')
  const { backendParts, generateKeyPackage, sealKeyPackage, wipePackage } = await import('@kms/node')
  const name = options.name ?? basename(file)
  // Before anything is asked for: the file is there only once it is whole, and is never one that was there.
  const sink = await fileSink(file, false)
  const { pair, sealed } = await (async () => {
    const made = await generateKeyPackage({ name, by: 'kms', ...sortOf(options), ...backendParts() })
    try {
      const envelope = await withRecipients(call, (recipients) =>
        sealKeyPackage(made, { recipients, ...backendParts() }),
      )
      return {
        pair: { purpose: made.purpose, spec: made.spec, id: made.key, ...(await publicHalf(made)) },
        sealed: envelope,
      }
    } finally {
      wipePackage(made)
    }
  })().catch(async (error: unknown) => {
    await sink.discard()
    throw error
  })
  await writeWhole(sink, sealed)
  const sealedTo = options.key === undefined ? { password: true } : { key: options.key }
  output.result({ file, name, ...pair, sealedTo }, () => pair.text ?? pair.pem?.trimEnd() ?? '')
  const what = options.key === undefined ? 'its password' : `the key ${printable(options.key)}`
  output.note(
    pair.purpose === 'sign'
      ? `The private half is in ${printable(file)}, under ${what}. Give the line above to those who check your signatures; to sign: kms encrypt --from ${word(file)}`
      : `The private half is in ${printable(file)}, under ${what}. Give the line above to those who send to you; to open what they send: kms decrypt --identity ${word(file)}`,
  )
}

/** The purpose follows from what it is to do: sign; open what RSA transported; open what HPKE sealed. */
function sortOf({ sign, spec }: KeygenOptions): Pick<GenerateOptions, 'purpose' | 'spec'> {
  if (sign === true) return { purpose: 'sign', spec: spec ?? 'ed25519' }
  if (spec?.startsWith('rsa-') === true) return { purpose: 'transport', spec }
  return { purpose: 'agree', spec: spec ?? 'x25519' }
}

/** A key of the store, else a password that is asked for twice. */
async function withRecipients<T>(
  call: Invocation<KeygenOptions>,
  use: (recipients: readonly Recipient[]) => Promise<T>,
): Promise<T> {
  const { key, kdf } = call.options
  if (key !== undefined) {
    if (kdf !== undefined) throw await failure('invalid-argument', '--kdf is of a password; with --key there is none.')
    const { withKms } = await import('../with-kms.ts')
    return withKms(call, async (kms) => use([await kms.recipient(key)]))
  }
  const { backendParts, passwordRecipient } = await import('@kms/node')
  const password = await readPassword(readSettings(call.options), {
    message: 'New password of the key',
    confirmed: true,
  })
  warnIfShort(password, call.output, 'file')
  try {
    return await use([passwordRecipient(password, { ...backendParts(), ...(kdf !== undefined && { kdf }) })])
  } finally {
    password.wipe()
  }
}
