import { type Context, KmsError, type Opener, type Recipient, type Suite } from '@kms/core'
import { beginOpening, beginSealing, longestStart, MessageOpener, MessageSealer } from '@kms/core/envelope'
import { type Backend, backendParts } from '../backend.ts'

export interface SealPiecesOptions {
  /** 1 to 255, any of whom opens the envelope alone: `await kms.recipient(name)`, `passwordRecipient(…)`. */
  readonly recipients: readonly Recipient[]
  /** What the envelope is bound to; `noContext` says out loud that there is none. */
  readonly context: Context
  /** 1 AES-256-GCM (the default), 2 ChaCha20-Poly1305. */
  readonly suite?: Suite
  readonly backend?: Backend
  /** Stops with `aborted`. */
  readonly signal?: AbortSignal
}

export interface OpenPiecesOptions {
  /** `await kms.opener()`, `passwordOpener(…)`. */
  readonly openers: readonly Opener[]
  readonly context: Context
  readonly backend?: Backend
  readonly signal?: AbortSignal
}

/**
 * Seals a message piece by piece to recipients (envelope v1, mode 2), in memory that does not grow with it.
 * @returns the envelope, in pieces
 * @throws `invalid-context`, `invalid-argument`, `aborted`; what the recipients and the source throw
 */
export async function* sealPieces(
  source: AsyncIterable<Uint8Array>,
  { recipients, context, suite = 1, backend, signal }: SealPiecesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, cipher } = await beginSealing({ ...backendParts(backend), recipients, suite, context })
  const sealer = new MessageSealer(cipher)
  try {
    yield start
    for await (const piece of source) {
      checkAborted(signal)
      const sealed = sealer.update(piece)
      if (sealed.length > 0) yield sealed
    }
    checkAborted(signal)
    yield sealer.final()
  } finally {
    sealer.wipe()
  }
}

/**
 * Opens an envelope to recipients piece by piece. Each piece it gives is authentic and in its place; that nothing is missing at
 * the end is known only when it ends without an error, so keep what it gives apart until then.
 * @throws as `openEnvelope`, `aborted`; what the source throws
 */
export async function* openPieces(
  source: AsyncIterable<Uint8Array>,
  { openers, context, backend, signal }: OpenPiecesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = source[Symbol.asyncIterator]()
  try {
    const head = await readHead(pieces)
    const { startLength, cipher } = await beginOpening(head, { ...backendParts(backend), openers, context })
    const opener = new MessageOpener(cipher)
    try {
      const first = opener.update(head.subarray(startLength))
      if (first.length > 0) yield first
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
        checkAborted(signal)
        const opened = opener.update(next.value)
        if (opened.length > 0) yield opened
      }
      checkAborted(signal)
      const last = opener.final()
      if (last.length > 0) yield last
    } finally {
      opener.wipe()
    }
  } finally {
    await pieces.return?.()
  }
}

/** As much as the longest header takes, or all there is. */
async function readHead(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  while (length < longestStart) {
    const next = await pieces.next()
    if (next.done === true) break
    // Sources reuse their buffers.
    parts.push(next.value.slice())
    length += next.value.length
  }
  return Buffer.concat(parts)
}

function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new KmsError('aborted', 'Cancelled before it was done. Nothing was left half-written.')
}
