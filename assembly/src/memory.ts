/**
 * The module's memory: fixed in size, laid out here, nowhere allocated. Growing would leave copies of secrets behind.
 *
 *   1 KiB …      constants, and SECRETS: every word that depends on a key while a call runs; wiped before it returns
 *   64 KiB …     the areas below; JavaScript writes BOUND, POOL, KEY, NONCE and IN, and reads OUT
 *   SLOTS …      key material; written and read by `slots.ts` alone
 */

/** Round keys of AES as bit planes: round 0 as 16 bytes, then 128 bytes a round (aes-ctr). */
export const PLANES: usize = memory.data(5376, 64);
export const SECRETS: usize = PLANES;
/** Round keys as FIPS 197 has them, 15 × 16 bytes. */
export const ROUND_KEYS: usize = SECRETS + 1808;
/** GHASH: H, then the tables of H² and H (ghash). */
export const H: usize = SECRETS + 2048;
export const TABLES: usize = SECRETS + 2064;
/** Keystream of one batch of eight blocks. */
export const KEYSTREAM: usize = SECRETS + 3088;
/** GHASH's Y, the tag's mask E(K, J0), the counter block, and a block being padded. */
export const Y: usize = SECRETS + 3216;
export const TAG_MASK: usize = SECRETS + 3232;
export const COUNTER: usize = SECRETS + 3248;
export const PADDED: usize = SECRETS + 3264;
/** Output of HKDF-Expand for a message: key 32 ‖ nonce 12 ‖ commitment 32 ‖ what the second block has left. */
export const OKM: usize = SECRETS + 3280;
/** A running hash state, a block being padded, the message schedule with the round constants added. */
export const STATE: usize = SECRETS + 3408;
export const BLOCK: usize = SECRETS + 3472;
export const SCHEDULE: usize = SECRETS + 3728;
/** Powers of H while a GHASH table is made. */
export const POWERS: usize = SECRETS + 3984;
/** HMAC's inner and outer state of a key that is not in a slot. */
export const INNER: usize = SECRETS + 4112;
export const OUTER: usize = SECRETS + 4176;
/** What `wipeMessage` covers ends here. */
const MESSAGE_LENGTH: usize = 4240;
/** A digest on its way: PRK of HKDF, U of PBKDF2; and PBKDF2's running XOR. */
export const DIGEST: usize = SECRETS + 4240;
export const SUM: usize = SECRETS + 4304;
/** Round keys in the basis of vector-permute AES (keywrap). */
export const PERMUTED_KEYS: usize = SECRETS + 4368;
/** ChaCha20's input block, four blocks of keystream, and Poly1305's key and accumulator. */
export const CHACHA: usize = SECRETS + 4608;
export const POLY: usize = SECRETS + 4992;
const SECRETS_LENGTH: usize = 5376;

/** T1 room 64 ‖ label ‖ salt 24 end where C starts: an HKDF block's message, contiguous and padded in place. */
export const BOUND: usize = 0x10100;
export const BOUND_ROOM: u32 = 65542;
export const SALT: usize = BOUND - 24;
/** Fresh salts, 42 of 24 bytes. */
export const POOL: usize = 0x20400;
/** A key of up to 128 bytes, and a nonce. */
export const KEY: usize = 0x20800;
export const NONCE: usize = 0x20900;
/** Sixteen sealed chunks with their prefix, and 16 bytes more that kernels may touch beyond an end. */
export const IN: usize = 0x21000;
export const OUT: usize = 0x61800;
export const ROOM: u32 = 262656;
export const SLOTS: usize = 0xa2000;
export const SLOT_COUNT: u32 = 4096;
export const SLOT_SIZE: usize = 192;
/** Indices of freed slots. */
export const FREE: usize = 0x162000;

/** MASKS + 16 − n holds n bytes of ones, then zeros. */
const MASKS: usize = memory.data<u8>([255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16);

/** The first 0 to 16 bytes at `source`, then zeros. Reads all 16. */
// @ts-ignore
@inline
export function firstBytes(source: usize, length: u32): v128 {
  return v128.and(v128.load(source), v128.load(MASKS + 16 - length));
}

/** target = source ⊕ keystream in steps of 16 bytes: writes up to 15 bytes beyond the length. */
// @ts-ignore
@inline
export function xorInto(target: usize, source: usize, keystream: usize, length: u32): void {
  for (let i: usize = 0; i < length; i += 16) {
    v128.store(target + i, v128.xor(v128.load(source + i), v128.load(keystream + i)));
  }
}

/** Zeros in steps of 16 bytes: `memory.fill` is a call out of the module, which costs more than a few stores. */
// @ts-ignore
@inline
export function zeros(at: usize, end: usize): void {
  for (; at < end; at += 16) v128.store(at, i64x2.splat(0));
}

/** Wipes what sealing and opening a message leaves. */
export function wipeMessage(): void {
  memory.fill(SECRETS, 0, MESSAGE_LENGTH);
}

/** Wipes all that any call leaves, except what JavaScript wrote into the areas it writes. */
export function wipeSecrets(): void {
  memory.fill(SECRETS, 0, SECRETS_LENGTH);
}
