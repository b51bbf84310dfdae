import type { HeaderRewrapper } from '../crypto/primitives.ts'
import { writeU32 } from '../encoding/bytes.ts'
import { boundRoom, type Context, writeBound } from './context.ts'
import { encodeRecipients, type HeaderRecipient, macLength, type RecipientsHeader, stanzaPrefix } from './header.ts'
import { wrapInfo } from './labels.ts'
import { preambleLength } from './preamble.ts'
import type { Stanza } from './recipient.ts'
import type { KeyHolder } from './recipients/key.ts'
import { filledUp, type Rewrapped } from './rewrap.ts'

// Many headers from one version of a key to another, several at once. What comes of each is what `rewrapHeader` makes of it.

/** A header of which one recipient is to be replaced by another version of the same key. */
export interface KeyChange {
  readonly envelope: Uint8Array
  readonly header: RecipientsHeader
  readonly context: Context
  /** Its only recipient of kind 1. */
  readonly recipient: HeaderRecipient
  /** The version that it is sealed to, and the one that it shall be: of one key. */
  readonly from: KeyHolder
  readonly to: KeyHolder
}

/** Key id and version, before what is wrapped. */
const nameLength = 20
const versionAt = 16
const noBound = new Uint8Array(0)
const label = wrapInfo(new Uint8Array(16), 1, noBound)
/** `wrapInfo`, written in place: an array for each would cost more than the derivation. */
const scratch = new Uint8Array(label.length + boundRoom)
scratch.set(label)
const boundScratch = scratch.subarray(label.length)

/**
 * Rewraps headers at once.
 * @param changes as many as the rewrapper has lanes, or fewer; old and new headers of at most its `longest`
 * @returns in the same order; undefined for one that is not genuine
 * @throws `invalid-context`; what the holders throw. Nothing is rewrapped then
 */
export function rewrapAtOnce(
  rewrapper: HeaderRewrapper,
  changes: readonly KeyChange[],
): readonly (Rewrapped | undefined)[] {
  const made: Rewrapped[] = []
  let genuine: readonly boolean[] = []
  try {
    for (const change of changes) made.push(add(rewrapper, change))
  } finally {
    // Whatever happens: what was taken is not to be left in there.
    genuine = rewrapper.finish()
  }
  return made.map((one, i) => (genuine[i] === true ? one : undefined))
}

function add(rewrapper: HeaderRewrapper, { envelope, header, context, recipient, from, to }: KeyChange): Rewrapped {
  const boundLength = writeBound(boundScratch, envelope, context)
  const { recipients, length } = header
  const kept = recipients.filter((one) => one.kind !== 0 && one !== recipient)
  const at = recipient.bytes.byteOffset - envelope.byteOffset
  let next: Uint8Array
  let nextAt = at
  if (kept.length === recipients.length - 1 && recipients[kept.length] === recipient) {
    // The last one, and no padding: nothing changes its place.
    next = envelope.slice(0, length)
  } else {
    // A version that stays keeps its place; another one comes after those that stay.
    const place = from === to ? recipients.filter(({ kind }) => kind !== 0).indexOf(recipient) : kept.length
    const stanzas: readonly Stanza[] = [...kept.slice(0, place), recipient, ...kept.slice(place)]
    next = encodeRecipients(header, filledUp(stanzas, length), macLength)
    nextAt = startOf(stanzas, place)
  }
  writeU32(next, nextAt + versionAt, to.version)
  scratch.set(from.id, label.length - nameLength)
  writeU32(scratch, label.length - nameLength + versionAt, from.version)
  const info = scratch.subarray(0, label.length + boundLength)
  const kek = from.expand(info, 32)
  writeU32(scratch, label.length - nameLength + versionAt, to.version)
  const nextKek = to.expand(info, 32)
  try {
    rewrapper.add(envelope.subarray(0, length), at + nameLength, kek, next, nextAt + nameLength, nextKek)
  } finally {
    kek.fill(0)
    nextKek.fill(0)
  }
  return { header: next, replaces: length, unread: kept }
}

/** Where the bytes of a recipient are in a header. */
function startOf(recipients: readonly Stanza[], place: number): number {
  let at = preambleLength + 1 + stanzaPrefix
  for (let i = 0; i < place; i++) at += stanzaPrefix + (recipients[i] as Stanza).bytes.length
  return at
}
