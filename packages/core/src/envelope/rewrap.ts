import { concat } from '../encoding/bytes.ts'
import { invalidArgument, requireBytes } from '../refusals.ts'
import {
  finishHeader,
  type OpenContentKeyOptions,
  type OpenedRecipient,
  openRecipient,
  requireRecipients,
} from './content-key.ts'
import { type Context, canonicalContext } from './context.ts'
import { type HeaderRecipient, macLength, type RecipientsHeader, recipientsHeader, stanzaPrefix } from './header.ts'
import { type Content, preambleLength } from './preamble.ts'
import type { Recipient, Stanza } from './recipient.ts'

// Rewrapping: who can open an envelope, changed in its header alone. The content key and the body stay (envelope v1 §Mode 2).

export interface RewrapOptions extends OpenContentKeyOptions {
  /** What the envelope must hold; 0, data, by default. */
  readonly content?: Content
  /** The context that it was sealed with: recipients are bound to it, and so will the new ones be. */
  readonly context: Context
  /** Recipients that come in, after those that stay. */
  readonly add?: readonly Recipient[]
  /** Which recipients go; asked of each, also of those that nobody here can read, but not of padding. None goes unless given. */
  readonly remove?: (recipient: HeaderRecipient) => boolean
  /**
   * Bytes that the new header shall have, where it has no more of its own: padding fills it up. The old header's length unless
   * given, so that it can be written in its place; 0 for no padding.
   */
  readonly length?: number
}

/** A header that opens the same body. */
export interface Rewrapped {
  readonly header: Uint8Array
  /** Bytes of the header that it replaces: in the old envelope, the body starts there. */
  readonly replaces: number
  /** Recipients that stayed and that were not read: whether they still open it, only their holders know. */
  readonly unread: readonly HeaderRecipient[]
}

/**
 * Writes a new header for an envelope to recipients: adds some, removes some, and keeps the others to the byte.
 * Whoever is removed keeps what it could read, and the power to write a body under this content key; an old header put back
 * restores it. Where that matters, seal the data anew.
 * @param envelope the envelope, its first 65,536 bytes or more, or its detached header
 * @returns the header, to be followed by the same body
 * @throws as `openEnvelope`; `invalid-argument` where nobody would be left whom the caller names: neither one that is added nor
 * one that opens it here; and where there would be more than 255 recipients, 4 passwords or 65,536 bytes
 */
export async function rewrapHeader(envelope: Uint8Array, options: RewrapOptions): Promise<Rewrapped> {
  const canonical = canonicalContext(options.context)
  requireBytes(envelope, 'The envelope')
  const header = recipientsHeader(envelope, options.content ?? 0)
  const { add = [], remove } = options
  const kept = header.recipients.filter((one) => one.kind !== 0 && remove?.(one) !== true)
  const named = add.some(({ kind }) => kind !== 0)
  if (!named && kept.length === 0) throw nobodyLeft()
  requireRecipients([...kept, ...add])
  const bound = concat(envelope.subarray(0, preambleLength), canonical)
  const { recipient: opened, contentKey } = named
    ? await openRecipient(header, bound, options)
    : await openByKept(header, kept, bound, options)
  try {
    const stanzas: Stanza[] = [...kept]
    for (const one of add) stanzas.push({ kind: one.kind, bytes: await one.wrap(contentKey, bound) })
    return {
      header: finishHeader(header, filledUp(stanzas, options.length ?? header.length), contentKey, options.primitives),
      replaces: header.length,
      unread: kept.filter((one) => one !== opened),
    }
  } finally {
    contentKey.wipe()
  }
}

/** Nobody is added, so one of those that stay must open the envelope here. */
async function openByKept(
  header: RecipientsHeader,
  kept: readonly HeaderRecipient[],
  bound: Uint8Array,
  options: RewrapOptions,
): Promise<OpenedRecipient> {
  try {
    return await openRecipient({ ...header, recipients: kept }, bound, options)
  } catch {
    // Either nobody opens it here at all, which says why, or only somebody who goes.
    const { contentKey } = await openRecipient(header, bound, options)
    contentKey.wipe()
    throw nobodyLeft()
  }
}

function nobodyLeft(): Error {
  return invalidArgument(
    'Nobody would be left who is known to open the envelope. Keep a recipient that opens it here, or add another one.',
  )
}

/** The stanzas of a header, with padding to `length` where it is shorter and padding fits: it takes 3 bytes or more. */
export function filledUp(stanzas: readonly Stanza[], length: number): readonly Stanza[] {
  let room = length - preambleLength - 1 - macLength - stanzaPrefix
  for (const { bytes } of stanzas) room -= stanzaPrefix + bytes.length
  return room < 0 || stanzas.length === 255 ? stanzas : [...stanzas, { kind: 0, bytes: new Uint8Array(room) }]
}
