import { createPublicKey, verify } from 'node:crypto'
import type { VerifiesNow } from '../../src/index.ts'

type Crypto = typeof globalThis.crypto

const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/** WebCrypto of a platform that checks signatures without waiting, too. */
export function verifiesNow(): {
  readonly crypto: Crypto & VerifiesNow
  readonly count: { now: number; later: number }
} {
  const count = { now: 0, later: 0 }
  const raw = new Map<CryptoKey, Uint8Array>()
  const { subtle } = globalThis.crypto
  const own = {
    async importKey(...of: Parameters<SubtleCrypto['importKey']>): Promise<CryptoKey> {
      const key = await subtle.importKey(...of)
      if ((of[0] as string) === 'raw') raw.set(key, (of[1] as unknown as Uint8Array).slice())
      return key
    },
    verify(...of: Parameters<SubtleCrypto['verify']>): Promise<boolean> {
      count.later++
      return subtle.verify(...of)
    },
    sign: subtle.sign.bind(subtle),
    generateKey: subtle.generateKey.bind(subtle),
    exportKey: subtle.exportKey.bind(subtle),
  }
  return {
    count,
    crypto: {
      subtle: own as unknown as SubtleCrypto,
      getRandomValues: (array) => globalThis.crypto.getRandomValues(array),
      randomUUID: () => globalThis.crypto.randomUUID(),
      verifyNow(key, signature, data) {
        count.now++
        const der = Buffer.concat([spkiPrefix, raw.get(key) as Uint8Array])
        return verify(null, data, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
      },
    } as Crypto & VerifiesNow,
  }
}
