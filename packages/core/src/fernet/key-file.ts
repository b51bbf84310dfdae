import type { DerivationOptions, Primitives } from '../crypto/primitives.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { ascii, concat, fromAscii, readU32, u32 } from '../encoding/bytes.ts'
import { fromText, toText } from '../encoding/text.ts'
import { requirePassword } from '../envelope/password-kdfs.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'

// Key files as other programs make them: salt 16 ‖ Fernet token, the token's key being PBKDF2-HMAC-SHA-256 of 600,000 iterations.
// A token (github.com/fernet/spec) is base64url of: version 80 ‖ time u64 ‖ IV 16 ‖ AES-128-CBC with PKCS #7 ‖ HMAC-SHA-256 32, its key
// 32 bytes: the first half for HMAC, the second for AES. Fernet has 128 bits of strength: for exchange with others, not for anything new.

export interface FernetOptions extends DerivationOptions {
  readonly primitives: Primitives
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: WebCrypto
}

export interface FernetKeyFile {
  /** What the file holds, 1 to 4,096 bytes; the caller wipes it. */
  readonly key: Secret
  /** When it was made, as whoever made it says. A key file has no end (the token's time to live is not looked at). */
  readonly madeAt: Date
}

const iterations = 600_000
const [saltLength, tagLength, blockLength] = [16, 32, 16]
/** version ‖ time ‖ IV */
const headLength = 25
const keyLimit = 4_096
const shortestToken = headLength + blockLength + tagLength
const longestToken = headLength + keyLimit + blockLength + tagLength
/** The latest time that a `Date` has, in seconds (ECMA-262 §21.4.1.1). */
const latestTime = 8.64e12

/**
 * Opens a key file made as salt ‖ Fernet token. The token is authenticated before anything of it is decrypted.
 * @param file the whole file
 * @param password from `Secret.fromPassword`, or a `Secret` of the bytes where it was not in Unicode NFC; stays the caller's, who wipes it
 * @throws `authentication-failed` for a wrong password and for a file that was changed, cut, or is something else: one error, since they cannot be
 *   told apart; `invalid-argument` for an empty password; `aborted`
 */
export async function readFernetKeyFile(
  file: Uint8Array,
  password: Secret,
  options: FernetOptions,
): Promise<FernetKeyFile> {
  requirePassword(password)
  if (!(file instanceof Uint8Array)) throw invalidArgument('A key file is a Uint8Array.')
  const token = tokenIn(file.subarray(saltLength))
  if (token === undefined) throw doesNotOpen()
  const authenticated = token.subarray(0, -tagLength)
  return withKeys(password, file.subarray(0, saltLength), options, async (macKey, importKey) => {
    const { primitives, crypto: platform = crypto } = options
    const tag = primitives.hmac('SHA-256', macKey, authenticated)
    if (!primitives.equal(tag, token.subarray(-tagLength)) || token[0] !== 0x80) throw doesNotOpen()
    const algorithm = { name: 'AES-CBC', iv: token.subarray(9, headLength) as BufferSource }
    const key = await importKey('decrypt')
    let plaintext: Uint8Array
    try {
      plaintext = new Uint8Array(
        await platform.subtle.decrypt(algorithm, key, authenticated.subarray(headLength) as BufferSource),
      )
    } catch {
      // Padding that is none, by whoever knows the password.
      throw doesNotOpen()
    }
    const seconds = readU32(token, 1) * 2 ** 32 + readU32(token, 5)
    return { key: Secret.take(plaintext), madeAt: new Date(Math.min(seconds, latestTime) * 1_000) }
  })
}

/**
 * Writes such a file, for programs that read nothing else, with a random salt and IV. An envelope or a key package is the better place for a key.
 * @param key 16 to 4,096 bytes; stays the caller's, who wipes it
 * @param password from `Secret.fromPassword`; stays the caller's, who wipes it
 * @returns the file: 156 bytes for a key of 32
 * @throws `invalid-argument` for an empty password or another length; `aborted`
 */
export async function writeFernetKeyFile(key: Secret, password: Secret, options: FernetOptions): Promise<Uint8Array> {
  requirePassword(password)
  if (!(key instanceof Secret) || key.length < 16 || key.length > keyLimit) {
    throw invalidArgument(`A key file holds a Secret of 16 to ${keyLimit} bytes.`)
  }
  const salt = crypto.getRandomValues(new Uint8Array(saltLength))
  return withKeys(password, salt, options, async (macKey, importKey) => {
    const { primitives, crypto: platform = crypto } = options
    const iv = crypto.getRandomValues(new Uint8Array(blockLength))
    const algorithm = { name: 'AES-CBC', iv }
    const encrypted = await platform.subtle.encrypt(algorithm, await importKey('encrypt'), key.reveal() as BufferSource)
    const seconds = Math.floor(Date.now() / 1_000)
    const time = concat(u32(Math.floor(seconds / 2 ** 32)), u32(seconds))
    const authenticated = concat(Uint8Array.of(0x80), time, iv, new Uint8Array(encrypted))
    const token = toText(concat(authenticated, primitives.hmac('SHA-256', macKey, authenticated)))
    return concat(salt, ascii(token.padEnd(Math.ceil(token.length / 4) * 4, '=')))
  })
}

/** Derives the two halves of the token's key, and wipes them after `use`. */
async function withKeys<T>(
  password: Secret,
  salt: Uint8Array,
  { primitives, crypto: platform = crypto, ...derivation }: FernetOptions,
  use: (macKey: Uint8Array, importKey: (usage: 'encrypt' | 'decrypt') => Promise<CryptoKey>) => Promise<T>,
): Promise<T> {
  const keys = await primitives.pbkdf2('SHA-256', password.reveal(), salt, iterations, 32, derivation)
  try {
    return await use(keys.subarray(0, 16), (usage) =>
      platform.subtle.importKey('raw', keys.subarray(16) as BufferSource, 'AES-CBC', false, [usage]),
    )
  } finally {
    keys.fill(0)
  }
}

/** The token's bytes, or undefined if there are none of that form. Padded or not, and with a line's end: editors and `echo` add one. */
function tokenIn(written: Uint8Array): Uint8Array | undefined {
  if (written.length > 2 * longestToken) return undefined
  const [, text, padding] = /^([A-Za-z0-9_-]+)(={0,2})\r?\n?$/.exec(fromAscii(written)) ?? []
  if (text === undefined || (padding !== '' && (text.length + (padding as string).length) % 4 !== 0)) return undefined
  let token: Uint8Array
  try {
    token = fromText(text)
  } catch {
    return undefined
  }
  const whole = token.length >= shortestToken && token.length <= longestToken
  return whole && (token.length - headLength - tagLength) % blockLength === 0 ? token : undefined
}

function doesNotOpen(): KmsError {
  return new KmsError(
    'authentication-failed',
    'The key file does not open: the password is not the one it was made with, or the file was changed or cut. Check the password first, then the copy of the file.',
  )
}
