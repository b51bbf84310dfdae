import { sameBytes, toHex } from '../encoding/bytes.ts'
import { fromText } from '../encoding/text.ts'
import { parseHeader } from '../envelope/header.ts'
import type { Opener } from '../envelope/recipient.ts'
import { readRecipient } from '../envelope/recipient-layouts.ts'
import { keyPairOpener } from '../envelope/recipients/public-key.ts'
import { KmsError } from '../errors.ts'
import { publicFingerprint } from '../key-pairs/public-fingerprint.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { RecipientKeyPair } from '../public-keys/key-pair.ts'
import { invalidArgument } from '../refusals.ts'
import { checkName } from '../store/names.ts'

/** What opens what was sealed to this ring, and the fingerprints of its public keys. */
export interface Addressee {
  readonly openers: readonly Opener[]
  readonly fingerprints: readonly Uint8Array[]
}

/**
 * @param given the name of a key that agrees, or key pairs
 * @param ringOpener opens what is sealed to a key of the ring
 */
export async function addresseeOf(
  ring: KeyRing,
  given: string | RecipientKeyPair | readonly RecipientKeyPair[],
  ringOpener: (name: string) => Promise<Opener>,
): Promise<Addressee> {
  if (typeof given !== 'string') {
    const pairs = Array.isArray(given) ? (given as readonly RecipientKeyPair[]) : [given as RecipientKeyPair]
    if (pairs.length === 0) throw invalidArgument('Give the key pair that it was sealed to.')
    const openers = pairs.map((pair) => keyPairOpener(pair, ring.environment))
    return { openers, fingerprints: pairs.map(({ publicKey }) => publicKey.fingerprint) }
  }
  await ring.authority.refresh()
  const { record } = await ring.records.byName(checkName(given))
  const { purpose, spec } = record
  if (purpose !== 'agree') {
    throw invalidArgument(`Nothing is sealed to the public half of "${record.name}": it is no key to agree.`)
  }
  const fingerprints: Uint8Array[] = []
  for (const { publicKey } of await ring.records.allVersions(record)) {
    fingerprints.push(await publicFingerprint(purpose, spec, fromText(publicKey)))
  }
  return { openers: [await ringOpener(record.name)], fingerprints }
}

/** Which of the recipient's own keys the package is for. @throws `no-matching-key`, `malformed` */
export function addressedTo(envelope: Uint8Array, { fingerprints }: Addressee): string {
  const header = parseHeader(envelope)
  for (const stanza of header.mode === 2 ? header.recipients : []) {
    const fields = readRecipient(stanza)
    if (typeof fields === 'string' || (fields.name !== 'hpke' && fields.name !== 'rsa-oaep')) continue
    const own = fingerprints.find((one) => sameBytes(one, fields.keyId))
    if (own !== undefined) return toHex(own)
  }
  throw new KmsError('no-matching-key', 'The key package is for somebody else: none of these keys is its recipient.')
}
