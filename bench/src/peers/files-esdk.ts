import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import {
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'
import { benchKey, type FileCipher } from './file-cipher.ts'

/** AWS Encryption SDK: a raw AES keyring, key commitment, no signature, its streams. @param frameLength bytes; 4,096 is its default */
export function encryptionSdkFiles(frameLength: number): FileCipher {
  const { encryptStream, decryptUnsignedMessageStream } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const keyring = new RawAesKeyringNode({
    keyName: 'bench',
    keyNamespace: 'bench',
    unencryptedMasterKey: Uint8Array.from(benchKey),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
  const suiteId = 0x0478 // AES-256-GCM with HKDF-SHA-512 and key commitment, unsigned
  return {
    async seal(from, to) {
      const sealing = encryptStream(keyring, { frameLength, suiteId, encryptionContext: { bench: 'stream' } })
      await pipeline(createReadStream(from), sealing, createWriteStream(to))
    },
    async open(from, to) {
      await pipeline(createReadStream(from), decryptUnsignedMessageStream(keyring), createWriteStream(to))
    },
  }
}
