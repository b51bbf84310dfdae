import type { Context } from '@kms/core'
import { type ContextOption, readContext } from '../context.ts'
import { failure } from '../failure.ts'
import { openFileTo } from '../files/file-to-file.ts'
import { type Input, openInput, requireAnotherFile } from '../files/input.ts'
import { openedName } from '../files/names.ts'
import { showProgress } from '../files/progress.ts'
import { fileSink, memorySink, nowhere, pipeSink, type Sink, terminalSink } from '../files/sink.ts'
import type { Invocation } from '../invocation.ts'
import { byteCount, printable } from '../layout.ts'
import { type Opened, type OpenOptions, openInto } from '../open.ts'

interface DecryptOptions extends OpenOptions {
  readonly context?: ContextOption
  readonly output?: string
  readonly force?: boolean
  readonly resume?: boolean
}

const jsonLimit = 16 * 2 ** 20

/** `kms decrypt [FILE]` */
export async function decrypt(call: Invocation<DecryptOptions>, file?: string): Promise<void> {
  const { options, output, signal } = call
  const context = await readContext(options.context)
  const input = await openInput(file, signal, 'decrypt')
  const path = await outputPath(options, input)
  if (path !== undefined) await requireAnotherFile(input, path)
  if (path === undefined && output.json) {
    const sink = memorySink(jsonLimit)
    const opened = await openInto(sink, input, input.read(), context, call)
    output.result({ input: input.name, ...opened, ...asText(sink.bytes()) }, () => '')
    return
  }
  const sink = await sinkFor(call, input, path, context)
  const opened = await opening(call, input, sink, context)
  await sink.commit()
  if (sink.path === undefined) return
  const document = { input: input.name, output: sink.path, ...opened }
  output.result(document, ({ green }) => {
    return `${green('Decrypted')} ${printable(input.name)} → ${printable(sink.path ?? '')}  (${byteCount(opened.bytes)}, ${openedWith(opened)})`
  })
}

/** `kms verify [FILE]`: opens all of it and writes nothing; with `--signature`, who signed it. */
export async function verify(
  call: Invocation<DecryptOptions & { readonly signature?: string; readonly allowCompromised?: boolean }>,
  file?: string,
): Promise<void> {
  const { signature } = call.options
  if (signature !== undefined) {
    const { verifySignature } = await import('./verify-signature.ts')
    return verifySignature(call as Invocation, signature, file)
  }
  const context = await readContext(call.options.context)
  const input = await openInput(file, call.signal, 'verify')
  const opened = await opening(call, input, nowhere(), context)
  call.output.result({ input: input.name, opens: true, ...opened }, ({ green }) => {
    return `${green('Opens')}: ${printable(input.name)}, ${byteCount(opened.bytes)}, ${openedWith(opened)}`
  })
}

/** Opens into a sink with a progress bar; a failure leaves nothing in it. */
async function opening(
  call: Invocation<DecryptOptions>,
  input: Input,
  sink: Sink,
  context: Awaited<ReturnType<typeof readContext>>,
): Promise<Opened> {
  const progress = await showProgress(input.name, input.size, call.output.json)
  async function* source(): AsyncGenerator<Uint8Array> {
    for await (const piece of input.read()) {
      yield piece
      progress.add(piece.length)
    }
  }
  try {
    return await openInto(sink, input, source(), context, call)
  } catch (error) {
    await sink.discard()
    throw error
  } finally {
    progress.stop()
  }
}

/** `-o`, else the name without `.kms`; undefined is stdout. */
async function outputPath(options: DecryptOptions, input: Input): Promise<string | undefined> {
  if (options.output === '-') return undefined
  if (options.output !== undefined) return options.output
  return input.path === undefined ? undefined : openedName(input.path)
}

async function sinkFor(
  call: Invocation<DecryptOptions>,
  input: Input,
  path: string | undefined,
  context: Context,
): Promise<Sink> {
  const { force = false, resume = false } = call.options
  if (!resume) return path === undefined ? stdoutSink(call.options) : fileSink(path, force)
  const refuse = (): Promise<Error> =>
    failure('invalid-argument', '--resume goes on from file to file, of what is sealed to recipients: FILE -o OUT.')
  const from = input.path
  if (from === undefined || path === undefined) throw await refuse()
  return {
    ...nowhere(),
    path,
    write: async () => Promise.reject(await refuse()),
    openFile: (openers) => openFileTo(call, openers, { from, to: path, context, force, resume, progress: () => {} }),
  }
}

function stdoutSink(options: DecryptOptions): Sink {
  return process.stdout.isTTY && options.force !== true ? terminalSink() : pipeSink()
}

function asText(bytes: Uint8Array): { readonly plaintext: string; readonly encoding: 'utf-8' | 'base64' } {
  try {
    const plaintext = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { plaintext, encoding: 'utf-8' }
  } catch {
    return { plaintext: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
  }
}

function openedWith({ key, identity, from }: Opened): string {
  const file = identity === undefined ? 'a password' : printable(identity)
  const by =
    key === null ? `with ${file}` : `by ${printable(key.name)}${key.version === null ? '' : ` version ${key.version}`}`
  return from === undefined ? by : `${by}, from ${from}`
}
