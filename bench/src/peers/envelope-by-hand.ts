import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/**
 * The envelope of mode 0, suite 1, for messages of one chunk, as somebody who has the specification and `node:crypto`
 * would write it with care for speed: content key derived once and kept as a KeyObject, context encoded in one pass,
 * HMAC by its streaming interface, one buffer for the result. Header 27 ‖ salt 24 ‖ commitment 32 ‖ ciphertext ‖ tag 16.
 */
export interface EnvelopeByHand {
  /** @param salt 24 bytes, for vectors; fresh ones otherwise */
  seal(plaintext: Uint8Array, context: Readonly<Record<string, string>>, salt?: Uint8Array): Buffer
  open(envelope: Uint8Array, context: Readonly<Record<string, string>>): Buffer
}

const suite = 1
const preamble = Buffer.from([0x92, 0x6b, 0x35, suite, 0, 0, 0])
const chunkedLabel = Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0')
const counter1 = Buffer.from([1])
const counter2 = Buffer.from([2])
const headerLength = 27
const bodyStart = headerLength + 24 + 32
const chunkLength = 16_384

/**
 * @param material 32 bytes of the key version
 * @param keyId 16 bytes
 */
export function envelopeByHand(material: Uint8Array, keyId: Uint8Array, version: number): EnvelopeByHand {
  const header = Buffer.alloc(headerLength)
  preamble.copy(header)
  header.set(keyId, 7)
  header.writeUInt32BE(version, 23)
  const sealInfo = Buffer.concat([Buffer.from('kms1/seal\0'), Buffer.from([suite]), header.subarray(7), counter1])
  const contentKey = createSecretKey(createHmac('sha512', material).update(sealInfo).digest().subarray(0, 32))

  /** C2SP chunked-encryption §Derivation: 76 bytes of HKDF-Expand, so a block and a bit of HMAC-SHA-512. */
  function derive(salt: Uint8Array, context: Readonly<Record<string, string>>) {
    const info = Buffer.concat([chunkedLabel, salt, preamble, canonical(context)])
    const first = createHmac('sha512', contentKey).update(info).update(counter1).digest()
    const second = createHmac('sha512', contentKey).update(first).update(info).update(counter2).digest()
    const commitment = Buffer.concat([first.subarray(44), second.subarray(0, 12)])
    return { key: first.subarray(0, 32), nonce: first.subarray(32, 44), commitment }
  }

  return {
    seal(plaintext, context, salt = randomBytes(24)) {
      if (plaintext.length >= chunkLength) throw new RangeError('one chunk only')
      const { key, nonce, commitment } = derive(salt, context)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const ciphertext = cipher.update(plaintext)
      cipher.final()
      return Buffer.concat([header, salt, commitment, ciphertext, cipher.getAuthTag()])
    },
    open(envelope, context) {
      if (envelope.length < bodyStart + 16 || !header.equals(envelope.subarray(0, headerLength))) {
        throw new Error('not an envelope of this key')
      }
      const { key, nonce, commitment } = derive(envelope.subarray(headerLength, headerLength + 24), context)
      if (!timingSafeEqual(commitment, envelope.subarray(headerLength + 24, bodyStart)))
        throw new Error('wrong key or context')
      const decipher = createDecipheriv('aes-256-gcm', key, nonce)
      decipher.setAuthTag(envelope.subarray(-16))
      const plaintext = decipher.update(envelope.subarray(bodyStart, -16))
      decipher.final()
      return plaintext
    },
  }
}

/** Envelope v1 §Body. UTF-16 order is byte order for the names of the benches, which are ASCII. */
function canonical(context: Readonly<Record<string, string>>): Buffer {
  const names = Object.keys(context).sort()
  let length = 2
  for (const name of names) length += 4 + Buffer.byteLength(name) + Buffer.byteLength(context[name]!)
  const bytes = Buffer.allocUnsafe(length)
  let offset = bytes.writeUInt16BE(names.length, 0)
  for (const name of names) {
    for (const text of [name, context[name]!]) {
      const written = bytes.write(text, offset + 2)
      offset = bytes.writeUInt16BE(written, offset) + written
    }
  }
  return bytes
}
