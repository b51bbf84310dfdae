import { readFile } from 'node:fs/promises'
import type { Secret } from '@kms/core'
import { failure, fileFailure } from '../failure.ts'
import { fileSink, pipeSink, writeWhole } from '../files/sink.ts'
import type { Invocation } from '../invocation.ts'
import { printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'

interface SecretOptions {
  readonly key?: string
  readonly output?: string
  readonly force?: boolean
  readonly length?: string
  readonly keyVersion?: string
}

interface AgreeOptions extends SecretOptions {
  readonly with?: string
  readonly info?: string
}

/** `kms derive --key NAME PURPOSE -o FILE`: a key for one purpose, from a master key. */
export async function derive(call: Invocation<SecretOptions>, purpose: string): Promise<void> {
  const { name, length, version } = await given(call.options)
  await give(call, name, () =>
    withKms(call, async (kms) => (await kms.use(name, { purpose: 'derive' })).derive(purpose, { length, ...version })),
  )
}

/** `kms agree --key NAME --with PUBLICKEY --info TEXT -o FILE`: the key that only both sides can compute. */
export async function agree(call: Invocation<AgreeOptions>): Promise<void> {
  const { name, length, version } = await given(call.options)
  const { with: peerFile = '', info = '' } = call.options
  const peer = await readFile(peerFile, 'utf8').catch(async (error) => {
    throw await fileFailure('read', peerFile, error)
  })
  await give(call, name, () =>
    withKms(call, async (kms) => (await kms.use(name, { purpose: 'agree' })).agree(peer, { info, length, ...version })),
  )
}

async function given({ key: name, length = '32', keyVersion }: SecretOptions): Promise<{
  readonly name: string
  readonly length: number
  readonly version: { readonly version?: string }
}> {
  if (name === undefined) throw await failure('invalid-argument', 'Name the key: --key NAME (kms key list).')
  return { name, length: Number(length), version: keyVersion === undefined ? {} : { version: keyVersion } }
}

/** Writes a secret where it was asked for, and nowhere else: raw bytes in a file of mode 600, or a pipe. */
async function give(
  call: Invocation<SecretOptions>,
  name: string,
  make: () => Promise<{ readonly key: Secret; readonly version: string }>,
): Promise<void> {
  const { output: target, force } = call.options
  if (target === undefined || (target === '-' && call.output.json)) {
    throw await failure('invalid-argument', 'Say where the key is to go: -o FILE. It is written as raw bytes.')
  }
  if (target === '-' && process.stdout.isTTY) {
    throw await failure('invalid-argument', 'A key is not written to a terminal. Name a file with -o FILE, or pipe it.')
  }
  const sink = target === '-' ? pipeSink() : await fileSink(target, force === true)
  const made = await make().catch(async (error: unknown) => {
    await sink.discard()
    throw error
  })
  try {
    await writeWhole(sink, made.key.reveal())
  } finally {
    made.key.wipe()
  }
  if (target === '-') return
  const { version } = made
  call.output.result(
    { key: name, version, output: target },
    ({ green }) => `${green('Written')} to ${printable(target)}, by version ${version} of ${printable(name)}.`,
  )
  call.output.note('Keep the version with it: another version gives another key.')
}
