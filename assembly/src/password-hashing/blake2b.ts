/**
 * BLAKE2b (RFC 7693) without a key, of a string in one piece. Constant time for all but lengths. Argon2 hashes some hundred blocks with
 * it, so it is written short, not fast.
 *
 * State: STATE (h), VECTOR (v), PADDED.
 */
import { PADDED, STATE, VECTOR } from './memory';

/** §2.6: SHA-512's initial state. */
const IV: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
  0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
], 16);
/** §2.7: ten permutations of the message's words; the last two rounds use the first two again. */
const SIGMA: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
  11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4, 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
  9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13, 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
  12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11, 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
  6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5, 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
], 16);

/** G (§3.1) on four words of the working vector. */
function mix(a: usize, b: usize, c: usize, d: usize, x: u64, y: u64): void {
  let va = load<u64>(a), vb = load<u64>(b), vc = load<u64>(c), vd = load<u64>(d);
  va += vb + x;
  vd = rotr<u64>(vd ^ va, 32);
  vc += vd;
  vb = rotr<u64>(vb ^ vc, 24);
  va += vb + y;
  vd = rotr<u64>(vd ^ va, 16);
  vc += vd;
  vb = rotr<u64>(vb ^ vc, 63);
  store<u64>(a, va);
  store<u64>(b, vb);
  store<u64>(c, vc);
  store<u64>(d, vd);
}

/** F (§3.2). @param total bytes hashed so far, this block's included */
function compress(block: usize, total: u64, last: bool): void {
  memory.copy(VECTOR, STATE, 64);
  memory.copy(VECTOR + 64, IV, 64);
  store<u64>(VECTOR, load<u64>(VECTOR, 96) ^ total, 96);
  if (last) store<u64>(VECTOR, ~load<u64>(VECTOR, 112), 112);
  for (let sigma = SIGMA; sigma < SIGMA + 192; sigma += 16) {
    for (let i: usize = 0; i < 8; ++i) {
      const x = load<u64>(block + (<usize>load<u8>(sigma + 2 * i) << 3));
      const y = load<u64>(block + (<usize>load<u8>(sigma + 2 * i, 1) << 3));
      // Columns for i < 4, then diagonals: row n of column i is i + n of a diagonal.
      const turn = i >> 2;
      mix(
        VECTOR + ((i & 3) << 3),
        VECTOR + 32 + (((i + turn) & 3) << 3),
        VECTOR + 64 + (((i + 2 * turn) & 3) << 3),
        VECTOR + 96 + (((i + 3 * turn) & 3) << 3),
        x,
        y,
      );
    }
  }
  for (let i: usize = 0; i < 64; i += 8) {
    store<u64>(STATE + i, load<u64>(STATE + i) ^ load<u64>(VECTOR + i) ^ load<u64>(VECTOR + i, 64));
  }
}

/** §3.3. @param digest 1 to 64 bytes, which are all that is written to `target` */
export function blake2b(source: usize, length: u32, target: usize, digest: u32): void {
  memory.copy(STATE, IV, 64);
  store<u64>(STATE, load<u64>(STATE) ^ 0x01010000 ^ digest);
  let total: u32 = 0;
  for (; length - total > 128; total += 128) compress(source + total, total + 128, false);
  memory.fill(PADDED, 0, 128);
  memory.copy(PADDED, source + total, length - total);
  compress(PADDED, length, true);
  memory.copy(target, STATE, digest);
}
