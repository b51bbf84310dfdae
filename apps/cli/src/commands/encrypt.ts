import type { Opener, PasswordKdfName, Recipient } from '@kms/core'
import type { RecipientPublicKey } from '@kms/node'
import { type ContextOption, readContext } from '../context.ts'
import { failure } from '../failure.ts'
import { type FileWork, sealFileTo } from '../files/file-to-file.ts'
import { type Input, openInput, readAll, requireAnotherFile } from '../files/input.ts'
import { sealedName } from '../files/names.ts'
import { showProgress } from '../files/progress.ts'
import { fileSink, pipeSink, type Sink, writeWhole } from '../files/sink.ts'
import type { IdentityOptions } from '../identity.ts'
import type { Invocation } from '../invocation.ts'
import { byteCount, grouped, printable } from '../layout.ts'
import { readPassword, warnIfShort } from '../password.ts'
import { readPublicKeys } from '../public-keys.ts'
import { keyIn, type Sealed, sealInto, sealSignedBy } from '../seal.ts'
import { readSettings } from '../settings.ts'
import { suiteOf } from '../suites.ts'
import { withKms } from '../with-kms.ts'

interface EncryptOptions extends IdentityOptions {
  readonly key?: string
  readonly to?: readonly string[]
  readonly password?: boolean
  readonly kdf?: PasswordKdfName
  readonly from?: string
  readonly context?: ContextOption
  readonly output?: string
  readonly text?: boolean
  readonly deterministic?: boolean
  readonly allVersions?: boolean
  readonly suite?: string
  readonly force?: boolean
  readonly resume?: boolean
}

/** Bytes of a value, or of what is signed: all of it is in memory. */
const wholeLimit = 64 * 2 ** 20

/** `kms encrypt [FILE]` */
export async function encrypt(call: Invocation<EncryptOptions>, file?: string): Promise<void> {
  const { options, signal } = call
  if (options.key === undefined && options.password !== true && options.to === undefined) {
    throw await failure(
      'invalid-argument',
      'Name what to encrypt to: --key NAME (kms key list), --to PUBLICKEY, --password, or several of them.',
    )
  }
  if (options.deterministic === true && (options.text !== true || options.key === undefined || !isAlone(options))) {
    throw await failure(
      'invalid-argument',
      '--deterministic is for values: with --text and --key NAME alone, and without a signer.',
    )
  }
  if (options.allVersions === true && options.deterministic !== true) {
    throw await failure('invalid-argument', '--all-versions is for searching: with --deterministic.')
  }
  if (options.kdf !== undefined && options.password !== true) {
    throw await failure('invalid-argument', '--kdf is of a password; without --password there is none.')
  }
  const publicKeys = await readPublicKeys(options.to ?? [])
  if (options.text === true && options.context === undefined) {
    throw await failure(
      'invalid-context',
      'A value needs a context that says where it belongs, such as --context table=users --context id=7; --no-context says that it has none.',
    )
  }
  const context = await readContext(options.context)
  const input = await openInput(file, signal, options.text === true ? 'encrypt' : undefined)
  const path = outputPath(options, input)
  if (path === undefined) await checkStdout(call)
  else await requireAnotherFile(input, path)
  await checkResume(call, input, path)
  if (options.text === true) return encryptText(call, input, path, context, publicKeys)
  if (input.path !== undefined && path !== undefined && options.from === undefined) {
    return encryptFile(call, input, publicKeys, { from: input.path, to: path, context })
  }

  const sink = path === undefined ? pipeSink() : await fileSink(path, options.force === true)
  const progress = await showProgress(input.name, input.size, call.output.json || path === undefined)
  async function* source(): AsyncGenerator<Uint8Array> {
    for await (const piece of input.read()) {
      yield piece
      progress.add(piece.length)
    }
  }
  const suite = suiteOf(options.suite)
  async function signedInto(recipients: readonly Recipient[], from: string): Promise<Sealed> {
    const data = await readAll(source(), wholeLimit, input.name)
    const envelope = await sealSignedBy(data, { recipients, context, suite, from, call })
    await sink.write(envelope)
    return { bytes: data.length, envelopeBytes: envelope.length, key: await keyIn(envelope) }
  }
  let sealed: Sealed
  try {
    const { from } = options
    sealed = await withRecipients(call, publicKeys, (recipients) =>
      from === undefined
        ? sealInto(sink, source(), { recipients, context, suite, signal })
        : signedInto(recipients, from),
    )
  } catch (error) {
    await sink.discard()
    throw error
  } finally {
    progress.stop()
  }
  await sink.commit()
  report(call, input, sink, sealed, publicKeys)
}

/** From file to file. */
async function encryptFile(
  call: Invocation<EncryptOptions>,
  input: Input,
  publicKeys: readonly RecipientPublicKey[],
  paths: Pick<FileWork, 'from' | 'to' | 'context'>,
): Promise<void> {
  const { force = false, resume = false } = call.options
  const suite = suiteOf(call.options.suite)
  const progress = await showProgress(input.name, input.size, call.output.json)
  try {
    const sealed = await withRecipients(call, publicKeys, (recipients, openers) =>
      sealFileTo(call, recipients, openers, { ...paths, suite, force, resume, progress: progress.add }),
    )
    progress.stop()
    report(call, input, { path: paths.to }, sealed, publicKeys)
  } finally {
    progress.stop()
  }
}

async function checkResume({ options }: Invocation<EncryptOptions>, input: Input, path?: string): Promise<void> {
  if (options.resume !== true) return
  if (options.key === undefined && options.password !== true) {
    throw await failure(
      'invalid-argument',
      '--resume needs what opens the file again: --key or --password beside --to.',
    )
  }
  const goesOn = input.path !== undefined && path !== undefined && options.text !== true && options.from === undefined
  if (goesOn) return
  throw await failure('invalid-argument', '--resume goes on from file to file, without --text and --from: FILE -o OUT.')
}

async function encryptText(
  call: Invocation<EncryptOptions>,
  input: Input,
  path: string | undefined,
  context: Awaited<ReturnType<typeof readContext>>,
  publicKeys: readonly RecipientPublicKey[],
): Promise<void> {
  const { options, output } = call
  const data = await readAll(input.read(), wholeLimit, input.name)
  const texts = await sealedTexts(call, data, context, publicKeys)
  const lines = texts.join('\n')
  if (path === undefined) return output.result(options.allVersions === true ? { texts } : { text: lines }, () => lines)
  const sink = await fileSink(path, options.force === true)
  await writeWhole(sink, new TextEncoder().encode(`${lines}\n`))
  const document = { input: input.name, output: path, bytes: data.length, characters: texts[0]?.length }
  output.result(document, ({ green }) => `${green('Encrypted')} ${printable(input.name)} → ${printable(path)}`)
}

/** A value's text form; with `--all-versions` one for each version and suite. */
async function sealedTexts(
  call: Invocation<EncryptOptions>,
  data: Uint8Array,
  context: Awaited<ReturnType<typeof readContext>>,
  publicKeys: readonly RecipientPublicKey[],
): Promise<readonly string[]> {
  const { key: name, from, deterministic = false, allVersions = false } = call.options
  const suite = suiteOf(call.options.suite)
  if (name === undefined || !isAlone(call.options)) {
    return withRecipients(call, publicKeys, async (recipients) => {
      const { backendParts, sealEnvelope } = await import('@kms/node')
      const { toText } = await import('@kms/core/envelope')
      const envelope =
        from === undefined
          ? await sealEnvelope(data, { ...backendParts(), recipients, suite, context })
          : await sealSignedBy(data, { recipients, context, suite, from, call })
      return [toText(envelope)]
    })
  }
  return withKms(call, async (kms) => {
    if (!allVersions) return [await kms.encryptText(data, { key: name, suite, deterministic, context })]
    const key = await kms.use(name, { purpose: 'encrypt', suite })
    return key.lookupDeterministic(data, context)
  })
}

/** Whether a key is all that a value is sealed to: then it is a record, which is shorter and found by its prefix. */
function isAlone({ from, to, password }: EncryptOptions): boolean {
  return from === undefined && to === undefined && password !== true
}

/** The recipients for as long as `use` runs: a key of the store, then public keys, then a password. */
async function withRecipients<T>(
  call: Invocation<EncryptOptions>,
  publicKeys: readonly RecipientPublicKey[],
  use: (recipients: readonly Recipient[], openers: readonly Opener[]) => Promise<T>,
): Promise<T> {
  const { key, password, kdf } = call.options
  const { backendParts, publicKeyRecipient } = await import('@kms/node')
  const { primitives } = backendParts()
  const toKeys = publicKeys.map((one) => publicKeyRecipient(one, { primitives }))
  const withKey: typeof use = (more, openers) =>
    key === undefined
      ? use([...toKeys, ...more], openers)
      : withKms(call, async (kms) =>
          use([await kms.recipient(key), ...toKeys, ...more], [await kms.opener(key), ...openers]),
        )
  return password === true ? withPassword(call, kdf, withKey) : withKey([], [])
}

async function withPassword<T>(
  call: Invocation,
  kdf: PasswordKdfName | undefined,
  use: (recipients: readonly Recipient[], openers: readonly Opener[]) => Promise<T>,
): Promise<T> {
  const { backendParts, passwordOpener, passwordRecipient } = await import('@kms/node')
  const password = await readPassword(readSettings(call.options), { message: 'New password', confirmed: true })
  warnIfShort(password, call.output, 'file')
  try {
    const { primitives } = backendParts()
    const recipient = passwordRecipient(password, { primitives, ...(kdf !== undefined && { kdf }) })
    return await use([recipient], [passwordOpener(password, { primitives })])
  } finally {
    password.wipe()
  }
}

/** `-o`, else FILE.kms; undefined is stdout. The text form goes to stdout, where values are wanted. */
function outputPath(options: EncryptOptions, input: Input): string | undefined {
  if (options.output === '-') return undefined
  if (options.output !== undefined) return options.output
  return input.path === undefined || options.text === true ? undefined : sealedName(input.path)
}

async function checkStdout({ options, output }: Invocation<EncryptOptions>): Promise<void> {
  if (options.text === true) return
  if (output.json) {
    throw await failure('invalid-argument', 'With --json stdout holds the JSON document: name the output with -o OUT.')
  }
  if (process.stdout.isTTY && options.force !== true) {
    throw await failure(
      'invalid-argument',
      'An envelope is binary and is not written to a terminal. Name a file with -o OUT, pipe it, take --text, or force it with --force.',
    )
  }
}

function report(
  call: Invocation<EncryptOptions>,
  input: Input,
  sink: Pick<Sink, 'path'>,
  sealed: Sealed,
  publicKeys: readonly RecipientPublicKey[],
): void {
  if (sink.path === undefined) return
  const { output, options } = call
  const { bytes, envelopeBytes, key } = sealed
  const sealedTo = [
    ...(options.key === undefined ? [] : [key === null ? options.key : `${options.key} version ${key.version}`]),
    ...publicKeys.map((one) => `public key ${one.type === 'hpke' ? one.kem : 'RSA'} ${fingerprint(one).slice(0, 8)}…`),
    ...(options.password === true ? ['a password'] : []),
  ].join(', ')
  const document = {
    input: input.name,
    output: sink.path,
    bytes,
    envelopeBytes,
    ...(options.from !== undefined && { from: options.from }),
    sealedTo: {
      ...(options.key !== undefined && { key: options.key, ...key }),
      ...(publicKeys.length > 0 && { publicKeys: publicKeys.map(fingerprint) }),
      ...(options.password === true && { password: true }),
    },
  }
  output.result(document, ({ green }) => {
    const cost = `${byteCount(bytes)} + ${grouped(envelopeBytes - bytes)}`
    return `${green('Encrypted')} ${printable(input.name)} → ${printable(sink.path ?? '')}  (${cost}, to ${sealedTo})`
  })
  const also = [
    `${printable(input.name)} is still there, as it was.`,
    ...(options.context === undefined
      ? [
          `No context: the file opens wherever ${options.key === undefined && publicKeys.length === 0 ? 'its password is known' : 'one of its keys is'}. --context name=value binds it to a place.`,
        ]
      : []),
  ]
  if (input.path !== undefined) output.note(also.join('\n'))
}

/** As `kms inspect` shows it. */
function fingerprint({ fingerprint: bytes }: RecipientPublicKey): string {
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
