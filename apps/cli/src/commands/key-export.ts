import type { Recipient } from '@kms/core'
import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { confirmed } from '../confirmation.ts'
import { failure } from '../failure.ts'
import { fileSink, writeWhole } from '../files/sink.ts'
import { givenPassword, type KeyPasswordOptions } from '../given-password.ts'
import type { Invocation } from '../invocation.ts'
import { printable } from '../layout.ts'
import { readPublicKeys } from '../public-keys.ts'
import { withKms } from '../with-kms.ts'

interface ExportOptions extends ChangeOptions, KeyPasswordOptions {
  readonly to?: readonly string[]
  readonly toKey?: string
  readonly keyVersion?: string
  readonly output?: string
  readonly force?: boolean
}

/** `kms key export NAME -o FILE`: a version of an exportable key, sealed to recipients, or as PKCS#8 under a password. */
export async function exportKey(call: Invocation<ExportOptions>, name: string): Promise<void> {
  const { to = [], toKey, keyVersion, output: target, force } = call.options
  if (target === undefined) throw await failure('invalid-argument', 'Say where the key is to go: -o FILE.')
  await confirmed(call, `Give out the material of "${name}"? Whoever opens it has the key`)
  const version = keyVersion === undefined ? {} : { version: keyVersion }
  const sink = await fileSink(target, force === true)
  try {
    const sealed = to.length > 0 || toKey !== undefined
    const bytes = sealed ? await toRecipients() : await underPassword()
    await writeWhole(sink, bytes)
    const document = { key: name, output: target, form: sealed ? 'envelope' : 'pkcs8' }
    call.output.result(
      document,
      ({ yellow }) => `${yellow('Given out')}: ${printable(name)}, in ${printable(target)}. The log says so.`,
    )
    if (sealed)
      call.output.note(
        'Its plaintext is the key: raw bytes, or PKCS#8 in DER. kms decrypt opens it, without a context.',
      )
  } catch (error) {
    await sink.discard()
    throw error
  }

  async function toRecipients(): Promise<Uint8Array> {
    const { backendParts, noContext, publicKeyRecipient } = await import('@kms/node')
    const { primitives } = backendParts()
    const publicKeys = await readPublicKeys(to)
    return withKms(call, async (kms) => {
      const recipients: Recipient[] = publicKeys.map((one) => publicKeyRecipient(one, { primitives }))
      if (toKey !== undefined) recipients.push(await kms.recipient(toKey))
      return kms.keys.export(name, { to: recipients, context: noContext, ...version, ...changeOptions(call) })
    })
  }

  async function underPassword(): Promise<Uint8Array> {
    const password = await givenPassword(call, true)
    try {
      return Buffer.from(
        await withKms(call, (kms) =>
          kms.keys.export(name, { password, signal: call.signal, ...version, ...changeOptions(call) }),
        ),
      )
    } finally {
      password.wipe()
    }
  }
}
