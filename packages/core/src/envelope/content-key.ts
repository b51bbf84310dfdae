import type { Primitives } from '../crypto/primitives.ts'
import { formatUuid } from '../encoding/uuid.ts'
import { KmsError } from '../errors.ts'
import { authenticationFailed, invalidArgument, unsupported } from '../refusals.ts'
import { Secret } from '../secret.ts'
import { expand } from './expand.ts'
import { encodeRecipients, type HeaderRecipient, headerLimit, macLength, type RecipientsHeader } from './header.ts'
import { headerInfo } from './labels.ts'
import { checkWork, type OpenLimits, openLimits, passwordRecipientLimit } from './limits.ts'
import type { Preamble } from './preamble.ts'
import type { Opener, Recipient, Stanza } from './recipient.ts'

// Mode 2: a random content key, wrapped for each recipient, and the mac that ties the recipients together.

const contentKeyLength = 32

/** `mac = Expand(K, "kms1/header" ‖ 00 ‖ every header byte before the mac, 32)`. */
function headerMac(primitives: Primitives, contentKey: Secret, macked: Uint8Array): Uint8Array {
  return expand(primitives, contentKey.reveal(), headerInfo(macked), macLength)
}

/** A fresh content key. The caller wipes it. */
export function freshContentKey(): Secret {
  return Secret.take(crypto.getRandomValues(new Uint8Array(contentKeyLength)))
}

/**
 * Wraps a content key for each recipient and writes the header.
 * @param bound `C` = preamble ‖ canonical(context)
 * @throws `invalid-argument` for no recipient, more than 255 or more than 4 passwords, or a header over 65,536 bytes; what
 * the recipients throw
 */
export async function writeHeader(
  preamble: Preamble,
  contentKey: Secret,
  bound: Uint8Array,
  recipients: readonly Recipient[],
  primitives: Primitives,
): Promise<Uint8Array> {
  requireRecipients(recipients)
  const stanzas: Stanza[] = []
  // One after the other: several password recipients would otherwise take all their memory and cores at once.
  for (const recipient of recipients) {
    stanzas.push({ kind: recipient.kind, bytes: await recipient.wrap(contentKey, bound) })
  }
  return finishHeader(preamble, stanzas, contentKey, primitives)
}

/**
 * Writes a header of recipients that hold the content key already, with its mac.
 * @throws `invalid-argument` for a header over 65,536 bytes
 */
export function finishHeader(
  preamble: Preamble,
  stanzas: readonly Stanza[],
  contentKey: Secret,
  primitives: Primitives,
): Uint8Array {
  const header = encodeRecipients(preamble, stanzas, macLength)
  if (header.length > headerLimit) {
    throw invalidArgument(`The recipients take more than the ${headerLimit} bytes a header may have.`)
  }
  const at = header.length - macLength
  header.set(headerMac(primitives, contentKey, header.subarray(0, at)), at)
  return header
}

/** Padding is nobody; it counts among the 255. */
export function requireRecipients(recipients: readonly { readonly kind: number }[]): void {
  if (recipients.every(({ kind }) => kind === 0) || recipients.length > 255) {
    throw invalidArgument('An envelope is sealed to 1 to 255 recipients.')
  }
  if (recipients.filter(({ kind }) => kind === 2).length > passwordRecipientLimit) {
    throw invalidArgument(`An envelope is sealed to ${passwordRecipientLimit} passwords at most: openers try no more.`)
  }
}

export interface OpenContentKeyOptions {
  readonly openers: readonly Opener[]
  readonly primitives: Primitives
  /** What differs from the default limits. */
  readonly limits?: Partial<OpenLimits> | undefined
}

/**
 * Unwraps the content key of a header and checks its mac (envelope v1 §Opening).
 * @param bound `C` = preamble ‖ canonical(context)
 * @returns 32 bytes, which the caller wipes
 * @throws `no-matching-key`, `limit-exceeded`, `unsupported`, `root-unavailable`, `authentication-failed`; what openers throw
 */
export async function openContentKey(
  header: RecipientsHeader,
  bound: Uint8Array,
  options: OpenContentKeyOptions,
): Promise<Secret> {
  return (await openRecipient(header, bound, options)).contentKey
}

/** A recipient that was opened, and what it held. */
export interface OpenedRecipient {
  readonly recipient: HeaderRecipient
  /** 32 bytes, which the caller wipes. */
  readonly contentKey: Secret
}

/** `openContentKey`, and which recipient it was. Throws the same. */
export async function openRecipient(
  header: RecipientsHeader,
  bound: Uint8Array,
  options: OpenContentKeyOptions,
): Promise<OpenedRecipient> {
  const named = await openNamed(header, bound, options)
  const opened = named.opened ?? (await openPassword(header, bound, options, named.notHeld))
  const { contentKey } = opened
  const mac =
    contentKey.length === contentKeyLength ? headerMac(options.primitives, contentKey, header.macked) : undefined
  if (mac === undefined || !options.primitives.equal(mac, header.mac)) {
    contentKey.wipe()
    throw authenticationFailed()
  }
  return opened
}

/** Kinds that name a key, so that an opener knows without a secret whether it holds it. */
const namedKinds: ReadonlySet<number> = new Set([1, 3, 4, 5])

interface Named {
  readonly opened?: OpenedRecipient
  /** What was said of a key that is not held after all. */
  readonly notHeld?: KmsError | undefined
}

/** The first named recipient that is held, in header order; one whose provider gives no answer is passed over. */
async function openNamed(
  { recipients }: RecipientsHeader,
  bound: Uint8Array,
  { openers }: OpenContentKeyOptions,
): Promise<Named> {
  let unavailable: KmsError | undefined
  let notHeld: KmsError | undefined
  const silent = new Set<Opener>()
  for (const stanza of recipients) {
    if (!namedKinds.has(stanza.kind)) continue
    const opener = openers.find((one) => one.kind === stanza.kind && one.holds(stanza))
    if (opener === undefined || silent.has(opener)) continue
    try {
      return { opened: { recipient: stanza, contentKey: await opener.unwrap(stanza, bound) } }
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      if (error.code === 'root-unavailable') {
        // An envelope may name one provider 255 times: its deadline is waited for once.
        silent.add(opener)
        unavailable ??= error
        // A key of another store or ring is not held after all, which its opener could only find out by asking.
      } else if (error.code === 'key-not-found') notHeld ??= error
      else throw uniform(error)
    }
  }
  if (unavailable !== undefined) throw unavailable
  return { notHeld }
}

/** The first password recipients of a known kdf, all their parameters checked before the first derivation. */
async function openPassword(
  { recipients }: RecipientsHeader,
  bound: Uint8Array,
  { openers, limits }: OpenContentKeyOptions,
  notHeld: KmsError | undefined,
): Promise<OpenedRecipient> {
  const passwords = openers.filter(({ kind }) => kind === 2)
  const asked = recipients.filter(hasKnownKdf).slice(0, passwordRecipientLimit)
  if (passwords.length === 0 || asked.length === 0) throw notHeld ?? noMatchingKey(recipients)
  const allowed = { ...openLimits, ...limits }
  for (const { fields } of asked) checkWork(fields.kdf, allowed)
  let tried = false
  for (const stanza of asked) {
    for (const opener of passwords) {
      if (!opener.holds(stanza)) continue
      tried = true
      try {
        return { recipient: stanza, contentKey: await opener.unwrap(stanza, bound) }
      } catch (error) {
        if (!(error instanceof KmsError) || error.code !== 'authentication-failed') throw error
      }
    }
  }
  if (!tried) {
    const names = [...new Set(asked.map(({ fields }) => fields.kdf.name))].join(' and ')
    throw unsupported(`The envelope's password is stretched with ${names}, which no opener given here can run`)
  }
  throw authenticationFailed()
}

type PasswordRecipient = HeaderRecipient & { readonly fields: { readonly name: 'password' } }

function hasKnownKdf(recipient: HeaderRecipient): recipient is PasswordRecipient {
  return recipient.fields.name === 'password' && recipient.fields.kdf.name !== 'unknown'
}

/** A held recipient that does not unwrap is an error like any other wrong key, not a reason to try the next. */
function uniform(error: KmsError): KmsError {
  return error.code === 'authentication-failed' ? authenticationFailed() : error
}

function noMatchingKey(recipients: readonly HeaderRecipient[]): KmsError {
  const keyIds = recipients.flatMap(({ fields }) => ('keyId' in fields ? [formatUuid(fields.keyId)] : []))
  const password = recipients.some(({ kind }) => kind === 2)
  const how = keyIds.length > 0 ? `key ${keyIds.join(', ')}` : 'a provider or kind of key that is not configured here'
  return new KmsError(
    'no-matching-key',
    `The envelope opens with ${password ? `a password${keyIds.length > 0 ? ` or ${how}` : ''}` : how}; none of that was given.`,
    { keyIds: [...new Set(keyIds)] },
  )
}
