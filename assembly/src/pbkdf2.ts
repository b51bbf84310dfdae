/**
 * PBKDF2 (RFC 8018 §5.2) with HMAC over SHA-2, a block T_i at a time, in slices: V8 has no on-stack replacement for WebAssembly, so
 * one long call would stay in its baseline compiler, and JavaScript wants to report progress and to stop.
 *
 * Constant time for all but lengths and the iteration count. State: INNER, OUTER, DIGEST (U_c), SUM (⊕ U).
 */
import { sha256Blocks } from '../generated/sha256';
import { sha512Blocks } from '../generated/sha512';
import { BLOCK, DIGEST, IN, INNER, OUT, OUTER, STATE, SUM } from './memory';
import { hmac } from './hmac';
import { copy64, digestLength, SHA_256, storeDigest } from './sha2';

/** U_1 = HMAC(password, salt ‖ INT(i)). The salt is in IN, the password's states are in INNER and OUTER. */
export function pbkdf2Start(hash: u32, saltLength: u32, block: u32): void {
  store<u32>(IN + saltLength, bswap<u32>(block));
  hmac(hash, IN, saltLength + 4, DIGEST);
  copy64(SUM, DIGEST);
}

/** U_c+1 = HMAC(password, U_c), ⊕ into SUM, so many times. */
export function pbkdf2Iterate(hash: u32, iterations: u32): void {
  const size = digestLength(hash);
  memory.fill(BLOCK, 0, 128);
  copy64(BLOCK, DIGEST);
  if (hash == SHA_256) {
    v128.store(BLOCK, i64x2(0x80, 0), 32);
    v128.store(BLOCK, i64x2(0, 0x0003000000000000), 48); // (64 + 32)·8 bits
    for (; iterations != 0; --iterations) {
      sha256Blocks(INNER, BLOCK, 1, BLOCK);
      storeDigest(SHA_256, BLOCK, BLOCK);
      sha256Blocks(OUTER, BLOCK, 1, BLOCK);
      storeDigest(SHA_256, BLOCK, BLOCK);
      v128.store(SUM, v128.xor(v128.load(SUM), v128.load(BLOCK)));
      v128.store(SUM, v128.xor(v128.load(SUM, 16), v128.load(BLOCK, 16)), 16);
    }
    copy64(DIGEST, BLOCK);
    return;
  }
  store<u64>(BLOCK + size, 0x80);
  if (size == 48) store<u64>(BLOCK, 0, 56);
  store<u64>(BLOCK, bswap<u64>((128 + size) << 3), 120);
  for (; iterations != 0; --iterations) {
    step(hash, INNER, size);
    step(hash, OUTER, size);
    for (let i: usize = 0; i < 64; i += 16) v128.store(SUM + i, v128.xor(v128.load(SUM + i), v128.load(BLOCK + i)));
  }
  copy64(DIGEST, BLOCK);
}

/** One compression of BLOCK from a keyed state, its digest back into BLOCK, whose padding stays. */
function step(hash: u32, keyed: usize, size: u32): void {
  copy64(STATE, keyed);
  sha512Blocks(STATE, BLOCK, 1);
  storeDigest(hash, BLOCK, STATE);
  if (size == 48) {
    store<u64>(BLOCK, 0x80, 48);
    store<u64>(BLOCK, 0, 56);
  }
}

/** T_i into OUT. */
export function pbkdf2Finish(hash: u32): void {
  copy64(OUT, SUM);
}
