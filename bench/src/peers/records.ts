import { createRequire } from 'node:module'
import {
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'
import { CompactEncrypt, compactDecrypt } from 'jose'
import type { RecordCipher } from './record-cipher.ts'

/** tink-crypto, AES-256-GCM by its key handle, the context as associated data. */
export async function tinkCipher(): Promise<RecordCipher> {
  // Its only build that loads in Node is the UMD one, which looks for a browser's global.
  Object.assign(globalThis, { self: globalThis })
  const { aead, generateNewKeysetHandle } = createRequire(import.meta.url)(
    'tink-crypto',
  ) as typeof import('tink-crypto')
  aead.register()
  const handle = await generateNewKeysetHandle(aead.aes256GcmKeyTemplate())
  const primitive = await handle.getPrimitive<import('tink-crypto').aead.Aead>(aead.Aead)
  return {
    name: 'tink-crypto',
    seal: (plaintext, context) => primitive.encrypt(plaintext, Buffer.from(JSON.stringify(context))),
    open: (sealed, context) => primitive.decrypt(sealed, Buffer.from(JSON.stringify(context))),
  }
}

/** jose, compact JWE, `dir` with A256GCM; the context in the protected header, which the tag covers. */
export async function joseCipher(material: Uint8Array): Promise<RecordCipher> {
  // Raw bytes would be imported anew by each call.
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(material), 'AES-GCM', false, ['encrypt', 'decrypt'])
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  return {
    name: 'jose dir',
    async seal(plaintext, context) {
      const jwe = await new CompactEncrypt(plaintext)
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', ctx: JSON.stringify(context) })
        .encrypt(key)
      return encoder.encode(jwe)
    },
    async open(sealed, context) {
      const { plaintext, protectedHeader } = await compactDecrypt(decoder.decode(sealed), key)
      if (protectedHeader.ctx !== JSON.stringify(context)) throw new Error('another context')
      return plaintext
    },
  }
}

/** AWS Encryption SDK: a raw AES keyring, key commitment, no signature. */
export function encryptionSdkCipher(key: Uint8Array): RecordCipher {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const keyring = new RawAesKeyringNode({
    keyName: 'bench',
    keyNamespace: 'bench',
    // The SDK wants memory that nothing else shares.
    unencryptedMasterKey: Uint8Array.from(key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
  const suiteId = 0x0478 // AES-256-GCM with HKDF-SHA-512 and key commitment, unsigned
  return {
    name: 'AWS Encryption SDK',
    async seal(plaintext, context) {
      return (await encrypt(keyring, plaintext, { encryptionContext: { ...context }, suiteId })).result
    },
    async open(sealed, context) {
      const { plaintext, messageHeader } = await decrypt(keyring, Buffer.from(sealed))
      if (messageHeader.encryptionContext.row !== context.row) throw new Error('another context')
      return plaintext
    },
  }
}
