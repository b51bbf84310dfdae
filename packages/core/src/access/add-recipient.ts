import type { Primitives } from '../crypto/primitives.ts'
import { concat } from '../encoding/bytes.ts'
import { finishHeader, openContentKey } from '../envelope/content-key.ts'
import { type Context, canonicalContext } from '../envelope/context.ts'
import { parseHeader } from '../envelope/header.ts'
import { type Content, preambleLength } from '../envelope/preamble.ts'
import type { Opener, Recipient } from '../envelope/recipient.ts'
import { KmsError } from '../errors.ts'

/**
 * Lets one recipient more open an envelope: the header is written anew, the body's bytes stay (envelope v1 §Rewrapping).
 * @throws as opening does; `limit-exceeded` where the header has no room
 */
export async function addRecipient(
  envelope: Uint8Array,
  recipient: Recipient,
  by: {
    readonly content: Content
    readonly context: Context
    readonly opener: Opener
    readonly primitives: Primitives
  },
): Promise<Uint8Array> {
  const header = parseHeader(envelope)
  if (header.mode !== 2 || header.content !== by.content) {
    throw new KmsError(
      'store-corrupt',
      'What the roots protect is not what it should be. Restore a backup of the store.',
    )
  }
  const bound = concat(envelope.subarray(0, preambleLength), canonicalContext(by.context))
  const contentKey = await openContentKey(header, bound, { openers: [by.opener], primitives: by.primitives })
  try {
    const stanza = { kind: recipient.kind, bytes: await recipient.wrap(contentKey, bound) }
    if (header.recipients.length >= 255) {
      throw new KmsError('limit-exceeded', 'An envelope has at most 255 recipients.')
    }
    const rewritten = finishHeader(header, [...header.recipients, stanza], contentKey, by.primitives)
    return concat(rewritten, envelope.subarray(header.length))
  } finally {
    contentKey.wipe()
  }
}
