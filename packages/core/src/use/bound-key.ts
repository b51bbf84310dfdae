import { plaintextBytes, plaintextText } from '../encoding/plaintext.ts'
import { fromText, toText } from '../encoding/text.ts'
import { type Context, canonicalContext, noContext } from '../envelope/context.ts'
import { type BoundRecordKey, type RecordKey, sealedBy } from '../envelope/record.ts'
import type { VersionKey } from '../envelope/version-key.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import type { HandleSource, SealingOptions } from './handle-source.ts'

/** A handle's context given once. Throws as `EncryptionKey` does. */
export interface BoundKey {
  seal(data: Uint8Array | string): Uint8Array
  open(envelope: Uint8Array): Uint8Array
  sealText(data: Uint8Array | string): string
  openText(text: string): string
}

/** The handle that the context is given to: what is not on the fast path goes through it. */
interface Handle {
  seal(data: Uint8Array | string, context: Context): Uint8Array
  open(envelope: Uint8Array, context: Context): Uint8Array
}

interface BoundParts extends SealingOptions {
  readonly key: LoadedKey<VersionKey>
  readonly source: HandleSource
  /** Throws where the handle's lease has ended, or it was released. */
  readonly check: () => void
}

/** A handle with a context given once. @throws `invalid-context` */
export function boundKey(
  handle: Handle,
  { key, source, suite, hedged, check }: BoundParts,
  context: Context,
): BoundKey {
  canonicalContext(context)
  const copy: Context =
    context === noContext ? context : new Map(context instanceof Map ? context : Object.entries(context))
  let record: RecordKey | undefined
  let encoded: BoundRecordKey | undefined
  const primary = (): BoundRecordKey => {
    const now = key.protecting().recordOf(suite)
    if (encoded === undefined || record !== now) {
      encoded = now.bind(copy)
      record = now
    }
    return encoded
  }
  const seal = (data: Uint8Array | string): Uint8Array => {
    if (source.audit !== undefined || hedged) return handle.seal(data, copy)
    check()
    const envelope = primary().seal(plaintextBytes(data))
    key.primaryUses.seal()
    return envelope
  }
  const open = (envelope: Uint8Array): Uint8Array => {
    const now = key.primary?.recordOf(suite)
    const fast = source.audit === undefined && now !== undefined && sealedBy(envelope, now.header)
    if (!fast) return handle.open(envelope, copy)
    check()
    const plaintext = primary().open(envelope)
    key.primaryUses.open()
    return plaintext
  }
  return {
    seal,
    open,
    sealText: (data) => toText(seal(data)),
    openText: (text) => plaintextText(open(fromText(text))),
  }
}
