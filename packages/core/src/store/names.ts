import { KmsError } from '../errors.ts'

/**
 * Checks the name of a key, ring or application, and brings it into its one form: Unicode NFC, 1 to 200 bytes of UTF-8,
 * no control characters, no `/` (which parts ring and key).
 * @throws `invalid-argument`
 */
export function checkName(name: string, what = 'A key name'): string {
  if (typeof name !== 'string') throw new KmsError('invalid-argument', `${what} is a string.`)
  const normal = name.normalize('NFC')
  const bytes = new TextEncoder().encode(normal).length
  if (bytes < 1 || bytes > 200 || /[\p{Cc}\p{Surrogate}/]/u.test(normal)) {
    throw new KmsError('invalid-argument', `${what} has 1 to 200 bytes, no control characters and no "/".`)
  }
  return normal
}

/** Checks a free text that is stored beside a key: up to 2,000 characters. @throws `invalid-argument` */
export function checkText(text: string, what: string): string {
  if (typeof text !== 'string' || text.length > 2_000 || /\p{Surrogate}/u.test(text)) {
    throw new KmsError('invalid-argument', `${what} is a string of at most 2,000 characters.`)
  }
  return text
}
