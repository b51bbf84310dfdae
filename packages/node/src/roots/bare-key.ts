import { KmsError } from '@kms/core'

const length = 32

/**
 * A bare key of 32 bytes out of its text: 43 characters of base64url (a `=` at the end is allowed, as some tools write it) or 64 of hex; white space around it does not count.
 * @param what names the source to people
 * @throws `invalid-argument`; the message holds nothing of the text
 */
export function bareKeyFromText(text: string, what: string): Uint8Array {
  const trimmed = text.trim()
  const hex = /^[0-9a-f]{64}$/i.test(trimmed)
  const base64url = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]=?$/.test(trimmed)
  if (!hex && !base64url) {
    throw new KmsError(
      'invalid-argument',
      `${what} holds no key: 32 bytes are 43 characters of base64url, or 64 of hex. "openssl rand -hex 32" makes one.`,
    )
  }
  const buffer = Buffer.from(trimmed, hex ? 'hex' : 'base64url')
  const key = Uint8Array.from(buffer)
  buffer.fill(0)
  return key
}

/** The same out of a file's contents, which may also be the 32 bytes themselves. `contents` is wiped. */
export function bareKeyFromFile(contents: Uint8Array, what: string): Uint8Array {
  try {
    if (contents.length === length) return contents.slice()
    return bareKeyFromText(Buffer.from(contents.buffer, contents.byteOffset, contents.length).toString('latin1'), what)
  } finally {
    contents.fill(0)
  }
}

/** The text form that files hold: base64url and a line end. */
export function bareKeyText(key: Uint8Array): string {
  return `${Buffer.from(key.buffer, key.byteOffset, key.length).toString('base64url')}\n`
}
