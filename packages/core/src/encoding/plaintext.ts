import { KmsError } from '../errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * What is sealed: bytes as they are, text as UTF-8.
 * @throws `invalid-argument` for text with a lone surrogate, which UTF-8 cannot hold: it would open as another text
 */
export function plaintextBytes(data: Uint8Array | string): Uint8Array {
  if (typeof data !== 'string') return data
  if (/\p{Surrogate}/u.test(data)) {
    throw new KmsError('invalid-argument', 'The text holds a broken character (a lone surrogate). Seal it as bytes.')
  }
  return encoder.encode(data)
}

/** Text that an envelope held. @throws `malformed` if the bytes are not UTF-8 */
export function plaintextText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new KmsError('malformed', 'The plaintext is not text. Open it as bytes.')
  }
}
