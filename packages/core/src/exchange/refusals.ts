import { KmsError } from '../errors.ts'

/** The one error for everything that shows only to whoever knows the keys: which part was wrong helps nobody but an attacker. */
export function notGenuine(): KmsError {
  return new KmsError(
    'authentication-failed',
    'The exchange failed: its messages were changed, replayed or mixed up, or the two sides do not give the same context. Begin a new exchange; if that fails as well, compare the contexts.',
  )
}

export function malformed(what: string): KmsError {
  return new KmsError('malformed', `Not a message of an exchange: ${what}. Check that all of it arrived, in order.`)
}

export function unsupported(what: string): KmsError {
  return new KmsError('unsupported', `${what}. Upgrade the side that is behind.`)
}

/** A step was taken twice, or after the exchange was abandoned. */
export function usedUp(): KmsError {
  return new KmsError(
    'closed',
    'This exchange has ended, well or not, and its keys were wiped. Each is finished once: begin a new one.',
  )
}
