import type { Environment } from '../access/environment.ts'
import type { Recipient, Stanza } from '../envelope/recipient.ts'
import { hpkeOpener, hpkeRecipient } from '../envelope/recipients/hpke.ts'
import { hpkeHalves, hpkePublicHalf } from '../key-pairs/hpke-pair.ts'
import { Secret } from '../secret.ts'
import type { PairVersion } from './pair-version.ts'

/** What kind of recipients keys that agree are: HPKE (envelope v1 §Mode 2). */
export const hpkeKind = 3

type Parts = Pick<Environment, 'primitives' | 'crypto'>

/** A version's public half as a recipient. @throws `unsupported` for P-384 and P-521, which envelopes are not sealed to */
export async function pairRecipient(spec: string, publicKey: Uint8Array, parts: Parts): Promise<Recipient> {
  return hpkeRecipient(await hpkePublicHalf(spec, publicKey), parts)
}

/** Whether a stanza is for a public half, without its private one. @throws as `pairRecipient` */
export async function heldBy(spec: string, publicKey: Uint8Array, parts: Parts): Promise<(stanza: Stanza) => boolean> {
  const key = await hpkePublicHalf(spec, publicKey)
  const opener = hpkeOpener({ publicKey: key, privateKey: Secret.copy(new Uint8Array(0)) }, parts)
  return (stanza) => opener.holds(stanza)
}

/** Opens a content key with a version's private half. @throws as `Opener.unwrap` */
export async function unwrapByPair(
  spec: string,
  { publicKey, material }: PairVersion,
  parts: Parts,
  stanza: Stanza,
  bound: Uint8Array,
): Promise<Secret> {
  const pair = await hpkeHalves(spec, publicKey, material)
  try {
    return await hpkeOpener(pair, parts).unwrap(stanza, bound)
  } finally {
    pair.privateKey.wipe()
  }
}
