import type { Primitives } from '../crypto/primitives.ts'
import { freshBytes } from '../crypto/random-bytes.ts'
import { ascii, concat } from '../encoding/bytes.ts'
import { saltLength } from './body.ts'
import { hedgeLabel } from './labels.ts'

// Salts that do not repeat even where the platform's random bytes do: in a machine cloned while it runs, or put back to a snapshot.

/** Random bytes that a salt is made of. */
export const hedgeLength = 32

/**
 * The salt of a whole message, out of fresh randomness and the message:
 * `HMAC-SHA-512(32 random bytes, "kms1/hedge" ‖ 00 ‖ C ‖ plaintext)[0..24]` (envelope v1 §Modes 0 and 1). Where random bytes repeat,
 * two different messages or contexts still have two salts.
 * @param bound `C` = preamble ‖ canonical(context)
 * @param random 32 bytes, which are wiped; fresh ones unless given
 * @returns 24 bytes
 */
export function hedgedSalt(
  primitives: Primitives,
  bound: Uint8Array,
  plaintext: Uint8Array,
  random: Uint8Array = freshBytes(hedgeLength),
): Uint8Array {
  return saltOf(primitives, random, concat(hedgeLabel, bound, plaintext))
}

const streamLabel = ascii('kms1/stream-salt\0')
/** Salts given by this process: the counter among what a stream's salt is made of. */
let given = 0

/**
 * The salt of a message that is sealed piece by piece, whose plaintext is not known yet: 32 fresh random bytes, mixed by
 * HMAC-SHA-512 with the wall clock, the monotonic clock, when this process started, and a counter.
 * @returns 24 bytes
 */
export function streamSalt(primitives: Primitives): Uint8Array {
  const mixed = new Uint8Array(32)
  const view = new DataView(mixed.buffer)
  view.setFloat64(0, Date.now())
  view.setFloat64(8, performance.now())
  view.setFloat64(16, performance.timeOrigin)
  view.setFloat64(24, ++given)
  return saltOf(primitives, freshBytes(hedgeLength), concat(streamLabel, mixed))
}

function saltOf(primitives: Primitives, random: Uint8Array, message: Uint8Array): Uint8Array {
  try {
    return primitives.hmac('SHA-512', random, message).slice(0, saltLength)
  } finally {
    random.fill(0)
    message.fill(0)
  }
}
