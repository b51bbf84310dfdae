import type { Context, Recipient, Suite } from '@kms/core'
import type { Sink } from './files/sink.ts'
import type { IdentityOptions } from './identity.ts'
import type { Invocation } from './invocation.ts'

/** What sealing came to. */
export interface Sealed {
  /** Bytes of the message. */
  readonly bytes: number
  /** Bytes of the envelope. */
  readonly envelopeBytes: number
  /** The key version it is sealed to, absent for a password. */
  readonly key: { readonly id: string; readonly version: string } | null
}

/** Seals a source to recipients into a sink, in bounded memory, and ends the sink. */
export async function sealInto(
  sink: Sink,
  source: AsyncIterable<Uint8Array>,
  options: {
    readonly recipients: readonly Recipient[]
    readonly context: Context
    readonly suite: Suite
    readonly signal: AbortSignal
  },
): Promise<Sealed> {
  const { sealPieces } = await import('@kms/node')
  let bytes = 0
  let envelopeBytes = 0
  let key: Sealed['key'] = null
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      bytes += piece.length
      yield piece
    }
  }
  for await (const piece of sealPieces(counted(), options)) {
    if (envelopeBytes === 0) key = await keyIn(piece)
    envelopeBytes += piece.length
    await sink.write(piece)
  }
  return { bytes, envelopeBytes, key }
}

/** Signs data as the identity in a file, and seals it to recipients. */
export async function sealSignedBy(
  data: Uint8Array,
  options: {
    readonly recipients: readonly Recipient[]
    readonly context: Context
    readonly suite: Suite
    readonly from: string
    readonly call: Invocation<IdentityOptions>
  },
): Promise<Uint8Array> {
  const { recipients, context, suite, from, call } = options
  const [{ backendParts, packagedSigner, sealSigned }, { withIdentity }] = await Promise.all([
    import('@kms/node'),
    import('./identity.ts'),
  ])
  const parts = backendParts()
  return withIdentity(call, from, async (identity) =>
    sealSigned(data, { from: await packagedSigner(identity, parts), recipients, context, suite, ...parts }),
  )
}

/** The key version that an envelope's beginning names, if it is sealed to one. */
export async function keyIn(start: Uint8Array): Promise<Sealed['key']> {
  const [{ formatUuid, parseHeader }, { versionLabel }] = await Promise.all([
    import('@kms/core/envelope'),
    import('@kms/core'),
  ])
  const header = parseHeader(start)
  if (header.mode !== 2) return { id: formatUuid(header.keyId), version: versionLabel(header.version) }
  for (const { fields } of header.recipients) {
    if (fields.name === 'key') return { id: formatUuid(fields.keyId), version: versionLabel(fields.version) }
  }
  return null
}
