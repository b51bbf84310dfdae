import { open } from 'node:fs/promises'
import { type Inspection, inspect as inspectEnvelope, longestStart } from '@kms/core/envelope'
import { fileFailure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { byteCount, columns, grouped, printable } from '../layout.ts'

/** `kms inspect [FILE]`: everything an envelope says without a key. Loads the envelope's code and nothing else. */
export async function inspect(call: Invocation, file?: string): Promise<void> {
  const { start, length } = file === undefined || file === '-' ? await fromStdin() : await fromFile(file)
  const text = /^\s*kms\d/.test(latin1(start.subarray(0, 16)))
  const found = text ? await inspectText(file, start, length) : inspectEnvelope(start, { length })
  call.output.result(found, ({ bold }) => {
    return columns(describe(found), (cell, _, x) => (x === 0 ? bold(cell) : cell))
  })
}

/** The text form is decoded whole: its length and its last character belong to what is looked at. */
async function inspectText(file: string | undefined, start: Uint8Array, length: number): Promise<Inspection> {
  if (start.length === length) return inspectEnvelope(latin1(start).trim())
  const { readFile } = await import('node:fs/promises')
  return inspectEnvelope((await readFile(file as string, 'latin1')).trim())
}

interface Beginning {
  readonly start: Uint8Array
  /** Bytes in all. */
  readonly length: number
}

async function fromFile(path: string): Promise<Beginning> {
  try {
    const file = await open(path, 'r')
    try {
      const stats = await file.stat()
      if (!stats.isFile()) return await beginning(file.createReadStream({ autoClose: false }))
      const start = new Uint8Array(Math.min(stats.size, longestStart))
      for (let at = 0; at < start.length; ) {
        const { bytesRead } = await file.read(start, at, start.length - at, at)
        if (bytesRead === 0) break
        at += bytesRead
      }
      return { start, length: stats.size }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (/^\s*kms\d/.test(path) && (error as NodeJS.ErrnoException).code !== undefined) {
      const { valueForFile } = await import('../files/input.ts')
      throw await valueForFile('inspect')
    }
    throw await fileFailure('read', path, error)
  }
}

function fromStdin(): Promise<Beginning> {
  return beginning(process.stdin)
}

/** Of a pipe: the beginning is kept, the rest counted. Text is kept whole. */
async function beginning(stream: AsyncIterable<Uint8Array>): Promise<Beginning> {
  const pieces: Uint8Array[] = []
  let kept = 0
  let length = 0
  for await (const piece of stream) {
    length += piece.length
    const isText = pieces.length > 0 && latin1((pieces[0] as Uint8Array).subarray(0, 3)) === 'kms'
    if (kept >= longestStart && !isText) continue
    pieces.push(piece)
    kept += piece.length
  }
  return { start: Buffer.concat(pieces), length }
}

function describe(found: Inspection): readonly (readonly string[])[] {
  const { suite, content, mode } = found
  const message =
    found.plaintextLength === null ? 'cut or added to: no message has this length' : byteCount(found.plaintextLength)
  return [
    ['format', `kms envelope version ${found.version}, ${found.form === 'text' ? 'text form' : 'bytes'}`],
    ['suite', suite.name],
    ['content', content.name],
    ['mode', mode.name],
    ...(found.keyId === undefined ? [] : [['key', `${found.keyId} version ${label(found.keyVersion ?? 0)}`]]),
    ...(found.textPrefix === undefined ? [] : [['prefix', found.textPrefix]]),
    ...(found.recipients ?? []).map((recipient, i) => [i === 0 ? 'opened by' : '', recipientText(recipient)]),
    ['message', message],
    [
      'envelope',
      `${byteCount(found.length)}, header ${found.headerLength}${found.overhead === null ? '' : `, overhead ${found.overhead}`}`,
    ],
    ['context', 'never stored: whoever opens must know it'],
  ]
}

type Recipient = NonNullable<Inspection['recipients']>[number]

function recipientText(recipient: Recipient): string {
  const { name, keyId, keyVersion, kdf, provider, reference } = recipient
  if (name === 'key') return `key ${keyId} version ${label(keyVersion ?? 0)}`
  if (kdf !== undefined) {
    const { name: algorithm, ...parameters } = kdf
    const list = Object.entries(parameters).map(
      ([key, value]) => `${key} ${typeof value === 'number' ? grouped(value) : value}`,
    )
    return `a password, ${[algorithm, ...list].join(', ')}${recipient.withinLimits === false ? ' (over the limits)' : ''}`
  }
  if (provider !== undefined) return `${printable(provider)} ${printable(reference ?? '')}`
  const kem = recipient.kem === undefined ? '' : ` ${recipient.kem.name}`
  const bits = recipient.bits === undefined ? '' : ` ${recipient.bits}`
  return keyId === undefined ? name : `${name}${kem}${bits} ${keyId}`
}

/** As the store shows it: `3`, or `r5f2a.3` (store format §Version numbers). */
function label(version: number): string {
  const incarnation = Math.floor(version / 0x10000)
  const serial = version % 0x10000
  return incarnation === 0 ? String(serial) : `r${incarnation.toString(16).padStart(4, '0')}.${serial}`
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
