/**
 * The second module's memory: given by JavaScript, of the size that one derivation needs, and never grown. JavaScript wipes all of it
 * and drops it with the instance when the derivation is over, so nothing is wiped here.
 *
 *   1 KiB …      constants, and the small areas below
 *   64 KiB …     LARGE: Argon2's blocks, which start as its input; scrypt's B, X, Y and V
 */

export const LARGE: usize = 0x10000;

/** BLAKE2b's state, its working vector, and a block being padded. */
export const STATE: usize = memory.data(64, 16);
export const VECTOR: usize = memory.data(128, 16);
export const PADDED: usize = memory.data(128, 16);
/** What H′ hashes: a length of 4 bytes ‖ H0 and two numbers, or the last block. */
export const SEED: usize = memory.data(1040, 16);
/** H′'s output, or what a derivation gives. */
export const OUT: usize = memory.data(1024, 16);
/** Blocks of Argon2: G's rows, input and output of the generator of addresses, and zeros. */
export const ROWS: usize = memory.data(1024, 16);
export const ADDRESS_INPUT: usize = memory.data(1024, 16);
export const ADDRESSES: usize = memory.data(1024, 16);
export const ZEROS: usize = memory.data(1024, 16);

/** Whether so many bytes from LARGE on are there. */
export function fits(bytes: u64): bool {
  return bytes + LARGE <= <u64>memory.size() << 16;
}
