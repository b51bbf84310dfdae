import type { DerivationOptions, Primitives } from '../crypto/primitives.ts'
import { fromUnpaddedBase64, toUnpaddedBase64 } from '../encoding/base64.ts'
import { type OpenLimits, work } from '../envelope/limits.ts'
import type { KnownKdf } from '../envelope/password-kdfs.ts'
import { KmsError } from '../errors.ts'

// PHC strings (github.com/P-H-C/phc-string-format): $id[$v=version][$name=value,…][$salt[$hash]], salt and hash in unpadded base64.

/** What a PHC string says: a kdf with its cost. Of PBKDF2 both hash functions that people store are read; SHA-256 is written. */
export type PhcKdf =
  | { readonly name: 'argon2id'; readonly memoryKiB: number; readonly passes: number; readonly lanes: number }
  | { readonly name: 'scrypt'; readonly log2N: number; readonly r: number; readonly p: number }
  | { readonly name: 'pbkdf2'; readonly hash: 'SHA-256' | 'SHA-512'; readonly iterations: number }

export interface Phc {
  readonly kdf: PhcKdf
  readonly salt: Uint8Array
  /** Undefined where the string ends with the salt. */
  readonly hash: Uint8Array | undefined
}

/** Bytes of salt and hash that are read, and characters of the whole string: what bounds a string from elsewhere. */
export const phcLimits = { salt: [8, 64], hash: [16, 64], length: 512 } as const

/** What each id takes, in the order in which it is written; `?` marks what may be missing. */
const parameters = {
  argon2id: ['m', 't', 'p'],
  scrypt: ['ln', 'r', 'p'],
  'pbkdf2-sha256': ['i', 'l?'],
  'pbkdf2-sha512': ['i', 'l?'],
} as const

type Id = keyof typeof parameters

/**
 * Reads a PHC string of Argon2id (version 19 = 0x13), scrypt, PBKDF2-HMAC-SHA-256 or PBKDF2-HMAC-SHA-512, and nothing that is not
 * canonical: parameters in their order, numbers without zeros before them, a salt of 8 to 64 and a hash of 16 to 64 bytes.
 * @throws `malformed`; `unsupported` for another function or version
 */
export function parsePhc(text: string): Phc {
  if (typeof text !== 'string' || text.length > phcLimits.length || text[0] !== '$') throw malformed('it is none')
  const [, id = '', ...fields] = text.split('$')
  if (!Object.hasOwn(parameters, id)) {
    throw unsupported(/^[a-z0-9-]{1,32}$/.test(id) ? `the function ${id}` : 'a function that is not known here')
  }
  if (id === 'argon2id') {
    // Without a version it is 16 (0x10), the first one (github.com/P-H-C/phc-winner-argon2, encoding.c).
    if (!/^v=\d{1,3}$/.test(fields[0] ?? '') || fields[0] !== 'v=19') throw unsupported('another version of Argon2id')
    fields.shift()
  }
  const [cost = '', salt = '', hash, ...more] = fields
  if (more.length > 0) throw malformed('it has more fields than there are')
  const values = readParameters(id as Id, cost)
  const bytes = { salt: base64(salt, 'salt'), hash: hash === undefined ? undefined : base64(hash, 'hash') }
  if (values.l !== undefined && bytes.hash !== undefined && values.l !== bytes.hash.length) {
    throw malformed('its hash has another length than it says')
  }
  return { kdf: kdfOf(id as Id, values), ...bytes }
}

/** Writes one; without a hash, it ends with the salt. */
export function formatPhc(kdf: PhcKdf, salt: Uint8Array, hash?: Uint8Array): string {
  const fields = ((): readonly string[] => {
    switch (kdf.name) {
      case 'argon2id':
        return ['argon2id', 'v=19', `m=${kdf.memoryKiB},t=${kdf.passes},p=${kdf.lanes}`]
      case 'scrypt':
        return ['scrypt', `ln=${kdf.log2N},r=${kdf.r},p=${kdf.p}`]
      case 'pbkdf2':
        return [`pbkdf2-${kdf.hash === 'SHA-256' ? 'sha256' : 'sha512'}`, `i=${kdf.iterations}`]
    }
  })()
  return [
    '',
    ...fields,
    ...[salt, hash].flatMap((bytes) => (bytes === undefined ? [] : [toUnpaddedBase64(bytes)])),
  ].join('$')
}

/** A kdf that was chosen for writing, as PHC strings have it. */
export function phcKdf(kdf: KnownKdf): PhcKdf {
  switch (kdf.name) {
    case 'Argon2id':
      return { name: 'argon2id', memoryKiB: kdf.memory, passes: kdf.passes, lanes: kdf.lanes }
    case 'scrypt':
      return { name: 'scrypt', log2N: kdf.log2N, r: kdf.r, p: kdf.p }
    case 'PBKDF2-HMAC-SHA-256':
      return { name: 'pbkdf2', hash: 'SHA-256', iterations: kdf.iterations }
  }
}

/** @throws `limit-exceeded`, naming the limit, for a string that asks for more work than `limits` allow */
export function checkPhcWork(kdf: PhcKdf, limits: OpenLimits): void {
  for (const [limit, asked] of work(known(kdf))) {
    if (asked > limits[limit]) {
      throw new KmsError(
        'limit-exceeded',
        `The PHC string asks for more work than allowed: ${kdf.name}, ${limit} ${asked} is over ${limits[limit]}. Raise the limit if you trust where the string comes from.`,
      )
    }
  }
}

/**
 * Runs the kdf.
 * @returns `length` bytes, which the caller wipes
 * @throws `aborted`; `limit-exceeded` where there is not so much memory, or the cost is more than can be computed here
 */
export async function runPhc(
  primitives: Primitives,
  kdf: PhcKdf,
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
  options: DerivationOptions,
): Promise<Uint8Array> {
  try {
    switch (kdf.name) {
      case 'argon2id':
        return await primitives.argon2id(password, salt, kdf, length, options)
      case 'scrypt':
        return await primitives.scrypt(password, salt, kdf, length, options)
      case 'pbkdf2':
        return await primitives.pbkdf2(kdf.hash, password, salt, kdf.iterations, length, options)
    }
  } catch (error) {
    if (!(error instanceof KmsError) || error.code !== 'invalid-argument') throw error
    throw new KmsError('limit-exceeded', `The cost of the PHC string cannot be computed here: ${error.message}`, {
      cause: error,
    })
  }
}

function known(kdf: PhcKdf): KnownKdf {
  switch (kdf.name) {
    case 'argon2id':
      return { kdf: 3, name: 'Argon2id', memory: kdf.memoryKiB, passes: kdf.passes, lanes: kdf.lanes }
    case 'scrypt':
      return { kdf: 2, ...kdf }
    case 'pbkdf2':
      return { kdf: 1, name: 'PBKDF2-HMAC-SHA-256', iterations: kdf.iterations }
  }
}

function kdfOf(id: Id, values: Readonly<Record<string, number>>): PhcKdf {
  const { m = 0, t = 0, p = 0, ln = 0, r = 0, i = 0 } = values
  switch (id) {
    case 'argon2id':
      return { name: 'argon2id', memoryKiB: m, passes: t, lanes: p }
    case 'scrypt':
      return { name: 'scrypt', log2N: ln, r, p }
    case 'pbkdf2-sha256':
      return { name: 'pbkdf2', hash: 'SHA-256', iterations: i }
    case 'pbkdf2-sha512':
      return { name: 'pbkdf2', hash: 'SHA-512', iterations: i }
  }
}

function readParameters(id: Id, field: string): Readonly<Record<string, number>> {
  const given = field.split(',').map((pair) => /^([a-z]{1,8})=([1-9]\d{0,9})$/.exec(pair))
  const values: Record<string, number> = {}
  let at = 0
  for (const parameter of parameters[id]) {
    const name = parameter.replace('?', '')
    const pair = given[at]
    if (pair?.[1] === name) {
      values[name] = Number(pair[2])
      at++
    } else if (name === parameter)
      throw malformed(`${id} has the parameters ${parameters[id].join(', ')}, in that order`)
  }
  // Such as Argon2's keyid and data: they change the hash, and are not computed here.
  if (at !== given.length) throw unsupported(`${id} with other parameters than ${parameters[id].join(', ')}`)
  return values
}

/** RFC 4648 §4 without padding, as the PHC string format has it. */
function base64(text: string, what: 'salt' | 'hash'): Uint8Array {
  const [least, most] = phcLimits[what]
  let bytes: Uint8Array
  try {
    bytes = fromUnpaddedBase64(text)
  } catch {
    throw malformed(`its ${what} is no canonical base64 without padding`)
  }
  if (bytes.length < least || bytes.length > most) throw malformed(`its ${what} has not ${least} to ${most} bytes`)
  return bytes
}

function malformed(why: string): KmsError {
  return new KmsError('malformed', `Not a PHC string that is read here: ${why}. Check that all of it was stored.`)
}

function unsupported(what: string): KmsError {
  return new KmsError(
    'unsupported',
    `The PHC string is of ${what}. Read here are argon2id (v=19), scrypt, pbkdf2-sha256 and pbkdf2-sha512.`,
  )
}
