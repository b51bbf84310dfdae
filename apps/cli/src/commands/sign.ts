import { failure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import { fileSink, pipeSink } from '../files/sink.ts'
import type { Invocation } from '../invocation.ts'
import { printable, word } from '../layout.ts'
import { withKms } from '../with-kms.ts'

interface SignOptions {
  readonly key?: string
  readonly form?: 'file' | 'raw' | 'der'
  readonly output?: string
  readonly force?: boolean
}

/** Data that is signed or authenticated as a whole, at most. */
export const wholeLimit: number = 64 * 2 ** 20

/** `kms sign --key NAME [FILE]`: a signature beside the file, which names key and version. */
export async function sign(call: Invocation<SignOptions>, file?: string): Promise<void> {
  const { options, output, signal } = call
  const { key: name, form = 'file' } = options
  if (name === undefined) throw await failure('invalid-argument', 'Name the key: --key NAME (kms key list).')
  const input = await openInput(file, signal)
  const target = options.output ?? (input.path === undefined ? '-' : `${input.path}.sig`)
  const sink = target === '-' ? pipeSink() : await fileSink(target, options.force === true)
  try {
    const made = await withKms(call, async (kms) => {
      const key = await kms.use(name, { purpose: 'sign' })
      if (form === 'file') {
        const file = await key.signFile(input.read())
        // Of the file: the primary may have moved since.
        return { bytes: Buffer.from(file), version: (JSON.parse(file) as { readonly version: string }).version }
      }
      const data = await readAll(input.read(), wholeLimit, input.name)
      const { signature, version } = await key.signed(data, { form })
      return { bytes: signature, version }
    })
    if (!(output.json && target === '-')) await sink.write(made.bytes)
    await sink.commit()
    const signature = Buffer.from(made.bytes).toString(form === 'file' ? 'utf8' : 'base64')
    const document = { input: input.name, output: target, key: name, version: made.version, form, signature }
    if (target !== '-' || output.json) {
      output.result(
        document,
        ({ green }) =>
          `${green('Signed')} ${printable(input.name)} with version ${made.version} of ${printable(name)}: ${printable(target)}`,
      )
    }
    if (target !== '-' && form === 'file')
      output.note(`To check it: kms verify ${word(input.name)} --signature ${word(target)}`)
  } catch (error) {
    await sink.discard()
    throw error
  }
}
