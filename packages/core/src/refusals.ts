import { KmsError } from './errors.ts'

/**
 * The one message for everything that step 6 refuses (envelope v1 §What an opener refuses): which of them it was would tell
 * an attacker which guess was right.
 */
export function authenticationFailed(): KmsError {
  return new KmsError(
    'authentication-failed',
    'The envelope does not open: the key, password or context is not the one it was sealed with, or its bytes were changed or cut. Check the context first, then the key, then the copy of the data.',
  )
}

/** Step 3: the envelope is something else than what was asked for. Says what it is: that stands in its first seven bytes. */
export function somethingElse(is: string, asked: string): KmsError {
  return new KmsError('authentication-failed', `The envelope is ${is}, but ${asked} was asked for.`)
}

export function malformed(what: string): KmsError {
  return new KmsError('malformed', `Not a whole envelope: ${what}. Check that all of it arrived, unchanged.`)
}

export function unsupported(what: string): KmsError {
  return new KmsError('unsupported', `${what}. Check that it is an envelope of ours, or upgrade.`)
}

export function invalidContext(why: string): KmsError {
  return new KmsError('invalid-context', `The encryption context ${why}.`)
}

export function invalidArgument(why: string): KmsError {
  return new KmsError('invalid-argument', why)
}

/** Refuses what is not a `Uint8Array`, naming the argument. */
export function requireBytes(value: Uint8Array, name: string): void {
  if (!(value instanceof Uint8Array)) throw invalidArgument(`${name} is not a Uint8Array.`)
}

/** A key whose private half was given where a public key belongs. */
export function privateHalf(): KmsError {
  return invalidArgument(
    'That is a private key. Give the public key; and if others saw the private one, make a new pair.',
  )
}
