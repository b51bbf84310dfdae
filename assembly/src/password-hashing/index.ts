/**
 * The second module: key derivation from passwords with much memory, each derivation in an instance of its own. JavaScript gives the
 * memory, input in LARGE, and wipes and drops it all afterwards. A call that is given more than the memory holds does nothing and returns false.
 */
import * as mem from './memory';

export { argon2Begin, argon2End, argon2Fill } from './argon2id';
export { scryptBegin, scryptMix } from './scrypt';

/** Where input goes, and scrypt's output stands; the memory that is needed counts from here. */
export const largeAt: usize = mem.LARGE;
/** Where Argon2's output stands. */
export const outAt: usize = mem.OUT;
export { __heap_base as heapAt };
