import type { Environment } from '../access/environment.ts'
import type { Opener, Recipient, Stanza } from '../envelope/recipient.ts'
import { hpkeOpener, hpkeRecipient } from '../envelope/recipients/hpke.ts'
import { rsaOaepOpener, rsaOaepRecipient } from '../envelope/recipients/rsa-oaep.ts'
import { hpkeHalves, hpkePublicHalf } from '../key-pairs/hpke-pair.ts'
import type { RecipientKeyPair } from '../public-keys/key-pair.ts'
import { rsaPublicKey } from '../public-keys/public-key.ts'
import { Secret } from '../secret.ts'
import type { PairVersion } from './pair-version.ts'

/** Purposes of pairs that envelopes are sealed to: HPKE (recipient kind 3), or RSA-OAEP for old systems (kind 4). */
export type SealedTo = 'agree' | 'transport'

/** What kind of recipients keys of a purpose are (envelope v1 §Mode 2). */
export const stanzaKind: Readonly<Record<SealedTo, number>> = { agree: 3, transport: 4 }

type Parts = Pick<Environment, 'primitives' | 'crypto'>

/** A version's public half as a recipient. @throws `unsupported` for P-384 and P-521, which envelopes are not sealed to */
export async function pairRecipient(
  purpose: SealedTo,
  spec: string,
  publicKey: Uint8Array,
  parts: Parts,
): Promise<Recipient> {
  return purpose === 'agree'
    ? hpkeRecipient(await hpkePublicHalf(spec, publicKey), parts)
    : rsaOaepRecipient(await rsaPublicKey(publicKey), parts)
}

/** Whether a stanza is for a public half, without its private one. @throws as `pairRecipient` */
export async function heldBy(
  purpose: SealedTo,
  spec: string,
  publicKey: Uint8Array,
  parts: Parts,
): Promise<(stanza: Stanza) => boolean> {
  const key = purpose === 'agree' ? await hpkePublicHalf(spec, publicKey) : await rsaPublicKey(publicKey)
  const opener = openerOf({ publicKey: key, privateKey: Secret.copy(new Uint8Array(0)) }, parts)
  return (stanza) => opener.holds(stanza)
}

/** Opens a content key with a version's private half. @throws as `Opener.unwrap` */
export async function unwrapByPair(
  purpose: SealedTo,
  spec: string,
  version: PairVersion,
  parts: Parts,
  stanza: Stanza,
  bound: Uint8Array,
): Promise<Secret> {
  const { publicKey, material } = version
  const pair =
    purpose === 'agree'
      ? await hpkeHalves(spec, publicKey, material)
      : { publicKey: await rsaPublicKey(publicKey), privateKey: Secret.copy(material.reveal()) }
  try {
    return await openerOf(pair, parts).unwrap(stanza, bound)
  } finally {
    pair.privateKey.wipe()
  }
}

const openerOf = (pair: RecipientKeyPair, parts: Parts): Opener =>
  pair.publicKey.type === 'hpke' ? hpkeOpener(pair, parts) : rsaOaepOpener(pair, parts)
