import { type ContextOption, readContext } from '../context.ts'
import { failure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import { fileSink, pipeSink, writeWhole } from '../files/sink.ts'
import type { Invocation } from '../invocation.ts'
import { printable } from '../layout.ts'
import { isText, wholeLimit } from '../open.ts'
import { keyIn } from '../seal.ts'
import { suiteOf } from '../suites.ts'
import { withKms } from '../with-kms.ts'

interface ReencryptOptions {
  readonly context?: ContextOption
  readonly output?: string
  readonly force?: boolean
  readonly suite?: string
}

/** `kms reencrypt [FILE]`: sealed anew under the key's primary version; the plaintext is written nowhere. */
export async function reencrypt(call: Invocation<ReencryptOptions>, file?: string): Promise<void> {
  const { options, output, signal } = call
  const context = await readContext(options.context)
  const input = await openInput(file, signal)
  const { fromText, parseHeader, toText } = await import('@kms/core/envelope')
  const given = await readAll(input.read(), wholeLimit, input.name)
  const asText = isText(given)
  const envelope = asText ? fromText(new TextDecoder('latin1').decode(given).trim()) : given
  const header = parseHeader(envelope)
  const suite = options.suite === undefined ? header.suite : suiteOf(options.suite)
  const before = await keyIn(envelope)
  if (before === null) {
    throw await failure(
      'no-matching-key',
      'This is not sealed to a key of a store. kms rewrap changes who can open files.',
    )
  }
  if (header.mode === 2 && header.recipients.filter(({ kind }) => kind !== 0).length > 1) {
    throw await failure(
      'invalid-argument',
      'Others can open this too, and would lose it: kms decrypt and kms encrypt seal it anew to all that you name.',
    )
  }
  const anew = await withKms(call, async (kms) => {
    const { name } = await kms.keys.showById(before.id)
    if (header.mode !== 2) return kms.reencrypt(envelope, { key: name, context, suite })
    const { backendParts, openEnvelope, sealEnvelope } = await import('@kms/node')
    const openers = [await kms.reencryptionOpener(name)]
    const data = await openEnvelope(envelope, { ...backendParts(), openers, context })
    try {
      return await sealEnvelope(data, { ...backendParts(), recipients: [await kms.recipient(name)], suite, context })
    } finally {
      data.fill(0)
    }
  })
  const bytes = asText ? new TextEncoder().encode(`${toText(anew)}\n`) : anew
  if (options.output === undefined && output.json)
    return output.result({ input: input.name, text: toText(anew) }, () => '')
  const sink =
    options.output === undefined || options.output === '-'
      ? pipeSink()
      : await fileSink(options.output, options.force === true)
  await writeWhole(sink, bytes)
  if (sink.path === undefined) return
  const after = await keyIn(anew)
  output.result({ input: input.name, output: sink.path, from: before, to: after }, ({ green }) => {
    return `${green('Re-encrypted')} ${printable(input.name)} → ${printable(sink.path ?? '')}, version ${before.version} → ${after?.version}`
  })
}
