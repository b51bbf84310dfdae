import { createHash, randomBytes } from 'node:crypto'
import { backendParts, generateRecipientKeyPair, keyPairOpener, publicKeyRecipient, Secret } from '@kms/node'
import type { Python } from './python.ts'
import type { Results } from './results.ts'

const { primitives } = backendParts()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The content key of an envelope, sealed to a public key (envelope v1 §Mode 2, recipient kind 3): HPKE in base mode, RFC 9180. */
export async function checkHpke(python: Python, results: Results): Promise<void> {
  for (const kem of ['X25519', 'P-256', 'X-Wing'] as const) {
    const pair = await generateRecipientKeyPair({ kem })
    const { publicKey } = pair
    const bound = new Uint8Array(randomBytes(100))
    const contentKey = new Uint8Array(randomBytes(32))
    const wrapped = await publicKeyRecipient(publicKey, { primitives }).wrap(Secret.copy(contentKey), bound)
    // The key's fingerprint and the kem's number, then what HPKE gives.
    const [start, sealed] = [wrapped.subarray(0, 18), wrapped.subarray(18)]
    const label = [Buffer.from('kms1/hpke\0'), publicKey.fingerprint, createHash('sha512').update(bound).digest()]
    const asked = { kem, private: hex(pair.privateKey.reveal()), info: hex(Buffer.concat(label)) }
    await results.check(
      'cryptography opens what HPKE seals',
      kem,
      async () => hex(await python.bytes({ what: 'hpke-open', ...asked, data: hex(sealed) })) === hex(contentKey),
    )
    await results.check('HPKE opens what cryptography seals', kem, async () => {
      const theirs = await python.bytes({ what: 'hpke-seal', ...asked, data: hex(contentKey) })
      const stanza = { kind: 3, bytes: new Uint8Array(Buffer.concat([start, theirs])) }
      const opened = await keyPairOpener(pair, { primitives }).unwrap(stanza, bound)
      return hex(opened.reveal()) === hex(contentKey)
    })
  }
}
