import type { Context, KeyInfo, Kms, Opener } from '@kms/core'
import { failure } from './failure.ts'
import { type Input, peek, readAll } from './files/input.ts'
import type { Sink } from './files/sink.ts'
import type { IdentityOptions } from './identity.ts'
import type { Invocation } from './invocation.ts'
import { keyIn } from './seal.ts'

/** How an envelope is to be opened. */
export interface OpenOptions extends IdentityOptions {
  readonly key?: string
  readonly password?: boolean
  /** A file with the key pair that opens it. */
  readonly identity?: string
  /** Whose signatures are accepted. */
  readonly from?: readonly string[]
}

/** What opening came to. */
export interface Opened {
  /** Bytes of the message. */
  readonly bytes: number
  readonly form: 'bytes' | 'text'
  /** Absent for a password or a key pair in a file; of a pair of the store, without the version. */
  readonly key: { readonly name: string; readonly id: string; readonly version: string | null } | null
  /** The file of the key pair that opened it. */
  readonly identity?: string
  /** Who signed it, where a signer was asked for. */
  readonly from?: string
}

const mebibyte = 2 ** 20
/** Whole messages, and text forms, are held in memory. */
export const wholeLimit: number = 96 * mebibyte

/**
 * Opens an envelope, of either form and every mode, into a sink. Files to recipients go through in bounded memory.
 * The sink is not ended.
 */
export async function openInto(
  sink: Sink,
  input: Input,
  source: AsyncGenerator<Uint8Array>,
  context: Context,
  call: Invocation<OpenOptions>,
): Promise<Opened> {
  const { fromText, longestStart, parseHeader } = await import('@kms/core/envelope')
  let { start, whole } = await peek(source, longestStart)
  const form = isText(start) ? 'text' : 'bytes'
  // The header that an interrupted rewrap left counts only where the file's own does not open (envelope v1 §Rewrapping).
  let other = await headerLeftBeside(input, start)
  if (other !== undefined && !(await beginsWithHeader(start))) await takeOther(other)
  if (form === 'text') {
    const text = new TextDecoder('latin1').decode(await readAll(whole, wholeLimit, input.name))
    const bytes = fromText(text.trim())
    start = bytes
    whole = only(bytes)
  }
  const header = parseHeader(start)
  const isRecord = header.mode !== 2
  const isSigned = header.content === 5
  await checkSigned(isSigned, call.options)
  const signer: { from?: string } = {}
  if (call.options.password === true) {
    if (isRecord)
      throw await failure('no-matching-key', 'This is sealed by a key, not by a password: leave out --password.')
    return { bytes: await throughPassword(), form, key: null, ...signer }
  }
  const { identity } = call.options
  if (identity !== undefined) {
    return { bytes: await throughIdentity(identity), form, key: null, identity, ...signer }
  }
  const named = await keyIn(start)
  const { key: given } = call.options
  if (named === null && given === undefined) {
    throw await failure(
      'no-matching-key',
      'This is not sealed to a key of a store. If it is sealed to a password: --password; to a key pair of yours: --identity FILE; to a key of the store that agrees: --key NAME.',
    )
  }
  const { withKms } = await import('./with-kms.ts')
  return withKms(call, async (kms) => {
    if (named === null) {
      const { name, id } = await kms.keys.show(given ?? '')
      return { bytes: await through([await kms.opener(name)]), form, key: { name, id, version: null }, ...signer }
    }
    if (isRecord) {
      const { name } = await keyOf(kms, named.id, call.options.key)
      const bytes = await readAll(whole, wholeLimit, input.name)
      const plaintext = await kms.decrypt(bytes, { key: name, context })
      await sink.write(plaintext)
      return { bytes: plaintext.length, form, key: { name, ...named } }
    }
    const bytes = await through([await kms.opener(call.options.key)])
    const opened = (await keyIn(start)) ?? named
    const { name } = await keyOf(kms, opened.id, call.options.key)
    return { bytes, form, key: { name, ...opened }, ...signer }
  })

  async function takeOther(header: Uint8Array): Promise<void> {
    await source.return(undefined)
    start = header
    whole = replaced(header, input.read())
    other = undefined
  }

  async function throughPassword(): Promise<number> {
    const { backendParts, passwordOpener } = await import('@kms/node')
    const { readPassword } = await import('./password.ts')
    const { readSettings } = await import('./settings.ts')
    const password = await readPassword(readSettings(call.options), { message: `Password of ${input.name}` })
    try {
      return await through([passwordOpener(password, backendParts())])
    } finally {
      password.wipe()
    }
  }

  async function throughIdentity(path: string): Promise<number> {
    const { backendParts, keyPairOpener, packagedKeyPairs } = await import('@kms/node')
    const { withIdentity } = await import('./identity.ts')
    const parts = backendParts()
    return withIdentity(call, path, async (identity) =>
      through((await packagedKeyPairs(identity)).map((pair) => keyPairOpener(pair, parts))),
    )
  }

  async function through(openers: readonly Opener[]): Promise<number> {
    if (sink.openFile !== undefined && form === 'bytes' && !isSigned) return sink.openFile(openers)
    let written = 0
    try {
      return await pieces()
    } catch (error) {
      if (other === undefined || written > 0) throw error
      await takeOther(other)
      return pieces()
    }

    async function pieces(): Promise<number> {
      if (isSigned) return throughSignature(openers)
      const { openPieces } = await import('@kms/node')
      for await (const piece of openPieces(whole, { openers, context, signal: call.signal })) {
        written += piece.length
        await sink.write(piece)
      }
      return written
    }
  }

  async function throughSignature(openers: readonly Opener[]): Promise<number> {
    const { backendParts, openSigned, verificationKeyText } = await import('@kms/node')
    const { readSigners } = await import('./signers.ts')
    const parts = backendParts()
    const envelope = await readAll(whole, wholeLimit, input.name)
    const from = await readSigners(call.options.from ?? [])
    const opened = await openSigned(envelope, { from, openers, context, ...parts })
    signer.from = verificationKeyText(opened.from, parts)
    await sink.write(opened.data)
    return opened.data.length
  }
}

/** What an interrupted `kms rewrap` left: the header that the file was about to have. */
async function headerLeftBeside({ path }: Input, start: Uint8Array): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined
  const { startFromHeaderCopy } = await import('@kms/node')
  return startFromHeaderCopy(path, start)
}

async function beginsWithHeader(start: Uint8Array): Promise<boolean> {
  const { parseHeader } = await import('@kms/core/envelope')
  try {
    parseHeader(start)
    return true
  } catch {
    return false
  }
}

/** A file's bytes with another beginning. */
async function* replaced(start: Uint8Array, file: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield start
  let skip = start.length
  for await (const piece of file) {
    if (skip < piece.length) yield piece.subarray(skip)
    skip = Math.max(0, skip - piece.length)
  }
}

/** A signature is checked, or not there: which, is asked for, so that neither is taken for the other. */
async function checkSigned(isSigned: boolean, { from }: OpenOptions): Promise<void> {
  if (isSigned && from === undefined) {
    throw await failure(
      'invalid-argument',
      'This is signed. Name whose signatures you accept: --from KEY (kmsvk1…, or a file).',
    )
  }
  if (!isSigned && from !== undefined) {
    throw await failure(
      'authentication-failed',
      'Nobody signed this, though --from asks who did. Leave --from out to open it all the same.',
    )
  }
}

/** The key that an envelope names, unless another one is asked for by name. */
async function keyOf(kms: Kms, id: string, name: string | undefined): Promise<Pick<KeyInfo, 'name' | 'id'>> {
  if (name !== undefined) return { name, id }
  return kms.keys.showById(id)
}

/** Whether an envelope that begins so is in its text form. */
export function isText(start: Uint8Array): boolean {
  return /^\s*kms\d/.test(String.fromCharCode(...start.subarray(0, 16)))
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
