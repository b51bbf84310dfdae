import type { Context, Opener, Recipient, Suite } from '@kms/core'
import {
  openRandomAccess as accessWith,
  type OpenWithKeyOptions,
  openPieces as openPiecesWith,
  openStream as openStreamWith,
  type RandomAccess,
  type RandomAccessSource,
  sealPieces as sealPiecesWith,
  sealStream as sealStreamWith,
} from '@kms/core/envelope'
import { type Backend, backendParts } from '../backend.ts'

// What core does with the primitives and slots it is given, with those of a backend.

export interface CommonOptions {
  /** What the envelope is bound to; `noContext` says out loud that there is none. */
  readonly context: Context
  readonly backend?: Backend | undefined
}

export interface StreamOptions extends CommonOptions {
  /** Stops with `aborted`. */
  readonly signal?: AbortSignal | undefined
}

export interface SealPiecesOptions extends StreamOptions {
  /** 1 to 255, any of whom opens the envelope alone: `await kms.recipient(name)`, `passwordRecipient(…)`. */
  readonly recipients: readonly Recipient[]
  /** 1, AES-256-GCM, by default; 2 is ChaCha20-Poly1305. */
  readonly suite?: Suite
}

export interface OpenPiecesOptions extends StreamOptions {
  /** `await kms.opener()`, `passwordOpener(…)`. */
  readonly openers: readonly Opener[]
}

/** Told after each piece how many bytes of the source are done. */
export interface StreamProgress {
  readonly onProgress?: ((done: number) => void) | undefined
}

/**
 * Seals a message piece by piece to recipients (envelope v1, mode 2), in memory that does not grow with it. Node's `pipeline` takes it:
 * `pipeline(source, (pieces) => sealPieces(pieces, options), destination)`.
 * @returns the envelope, in pieces
 * @throws `invalid-context`, `invalid-argument`, `aborted`; what the recipients and the source throw
 */
export function sealPieces(
  source: AsyncIterable<Uint8Array>,
  options: SealPiecesOptions & StreamProgress,
): AsyncGenerator<Uint8Array, void, undefined> {
  return sealPiecesWith(source, withParts(options))
}

/**
 * Opens an envelope to recipients piece by piece. Each piece it gives is authentic and in its place; that nothing is missing at
 * the end is known only when it ends without an error, so keep what it gives apart until then.
 * @throws as `openEnvelope`, `aborted`; what the source throws
 */
export function openPieces(
  source: AsyncIterable<Uint8Array>,
  options: OpenPiecesOptions & StreamProgress,
): AsyncGenerator<Uint8Array, void, undefined> {
  return openPiecesWith(source, withParts(options))
}

/** Seals a Web stream. See `sealStream` of `@kms/core/envelope`. */
export function sealStream(
  plaintext: ReadableStream<Uint8Array>,
  options: SealPiecesOptions & StreamProgress,
): ReadableStream<Uint8Array> {
  return sealStreamWith(plaintext, withParts(options))
}

/** Opens a Web stream; one that was cut ends in an error. See `openStream` of `@kms/core/envelope`. */
export function openStream(
  envelope: ReadableStream<Uint8Array>,
  options: OpenPiecesOptions & StreamProgress,
): ReadableStream<Uint8Array> {
  return openStreamWith(envelope, withParts(options))
}

/** How an envelope is opened for its ranges: `openers` (mode 2), or a `key` from `kms.use` (mode 0). */
export type AccessOptions = OpenWithKeyOptions | (CommonOptions & Pick<OpenPiecesOptions, 'openers'>)

/**
 * Opens an envelope for random access: header and last chunk now, then only the chunks that ranges lie in.
 * @param source `await fileSource(path)`, `blobSource(blob)`, `await httpSource(url)`, or your own; closed with the result
 * @throws as `openEnvelope`; `unsupported` for a deterministic envelope; what the source throws
 */
export function openRandomAccess(source: RandomAccessSource, options: AccessOptions): Promise<RandomAccess> {
  return accessWith(source, 'key' in options ? options : withParts(options))
}

function withParts<T extends CommonOptions>({
  backend,
  ...options
}: T): Omit<T, 'backend'> & ReturnType<typeof backendParts> {
  return { ...backendParts(backend), ...options }
}
