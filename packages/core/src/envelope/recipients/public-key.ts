import type { RecipientKeyPair } from '../../public-keys/key-pair.ts'
import type { RecipientPublicKey } from '../../public-keys/public-key.ts'
import type { Opener, Recipient } from '../recipient.ts'
import { hpkeOpener, hpkeRecipient } from './hpke.ts'
import { type RsaOaepOptions, rsaOaepOpener, rsaOaepRecipient } from './rsa-oaep.ts'

/** Seals to a public key of either sort: HPKE (kind 3) or RSA-OAEP (kind 4). Throws as they do. */
export function publicKeyRecipient(publicKey: RecipientPublicKey, options: RsaOaepOptions): Recipient {
  return publicKey.type === 'hpke' ? hpkeRecipient(publicKey, options) : rsaOaepRecipient(publicKey, options)
}

/**
 * Opens what was sealed to the public half of a key pair of either sort. Throws as `hpkeOpener` and `rsaOaepOpener` do.
 * @param pair stays the caller's, who wipes it after the last use
 */
export function keyPairOpener(pair: RecipientKeyPair, options: RsaOaepOptions): Opener {
  return pair.publicKey.type === 'hpke' ? hpkeOpener(pair, options) : rsaOaepOpener(pair, options)
}
