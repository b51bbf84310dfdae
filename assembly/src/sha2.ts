/**
 * SHA-256, SHA-384 and SHA-512 (FIPS 180-4) over strings of any length, also in parts. The compression functions are generated.
 * Constant time for all but the length.
 *
 * State: STATE, BLOCK, SCHEDULE.
 */
import { H256, sha256Blocks } from '../generated/sha256';
import { H384, H512, sha512Blocks } from '../generated/sha512';
import { BLOCK, firstBytes, STATE, zeros } from './memory';

/** How JavaScript names the hash functions. */
export const SHA_256: u32 = 0;
export const SHA_384: u32 = 1;
export const SHA_512: u32 = 2;

// @ts-ignore
@inline
export function isHash(hash: u32): bool {
  return hash <= SHA_512;
}

// @ts-ignore
@inline
export function blockLength(hash: u32): u32 {
  return hash == SHA_256 ? 64 : 128;
}

// @ts-ignore
@inline
export function digestLength(hash: u32): u32 {
  return 32 + (hash << 4);
}

// @ts-ignore
@inline
export function copy64(target: usize, source: usize): void {
  v128.store(target, v128.load(source));
  v128.store(target, v128.load(source, 16), 16);
  v128.store(target, v128.load(source, 32), 32);
  v128.store(target, v128.load(source, 48), 48);
}

/** Starts a hash in `state`, 64 bytes. */
export function hashStart(hash: u32, state: usize): void {
  copy64(state, hash == SHA_256 ? H256 : hash == SHA_384 ? H384 : H512);
}

/** Compresses whole blocks. */
export function hashBlocks(hash: u32, state: usize, source: usize, blocks: u32): void {
  if (hash == SHA_256) sha256Blocks(state, source, blocks, state);
  else sha512Blocks(state, source, blocks);
}

/** A state as bytes: 32 for SHA-256, else 64, of which SHA-384 takes 48. */
export function storeDigest(hash: u32, target: usize, state: usize): void {
  if (hash == SHA_256) {
    const order = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
    v128.store(target, i8x16.swizzle(v128.load(state), order));
    v128.store(target, i8x16.swizzle(v128.load(state, 16), order), 16);
  } else {
    const order = i8x16(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
    v128.store(target, i8x16.swizzle(v128.load(state), order));
    v128.store(target, i8x16.swizzle(v128.load(state, 16), order), 16);
    v128.store(target, i8x16.swizzle(v128.load(state, 32), order), 32);
    v128.store(target, i8x16.swizzle(v128.load(state, 48), order), 48);
  }
}

/** MARKS + 16 − n holds 80 at place n. */
const MARKS: usize = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16);

/**
 * Hashes the last part with its padding (FIPS 180-4 §5.1), and stores the digest.
 * @param total bytes of the whole message, this part included
 */
export function hashFinish(hash: u32, state: usize, source: usize, length: u32, total: u64, target: usize): void {
  const size = blockLength(hash);
  const whole = length & ~(size - 1);
  if (whole != 0) hashBlocks(hash, state, source, hash == SHA_256 ? whole >> 6 : whole >> 7);
  let rest = length - whole;
  // One block or two, padded in one piece: the length field takes 8 or 16 bytes, of which the upper ones are zero here. All of it is
  // written as vectors, as it will be read: a smaller store before a vector's load stalls.
  const end = BLOCK + (rest + 1 + (size >> 3) > size ? size << 1 : size);
  source += whole;
  let at: usize = BLOCK;
  for (; rest >= 16; rest -= 16, at += 16, source += 16) v128.store(at, v128.load(source));
  v128.store(at, v128.or(firstBytes(source, rest), v128.load(MARKS + 16 - rest)));
  zeros(at + 16, end);
  v128.store(end - 16, i64x2.replace_lane(v128.load(end - 16), 1, bswap<u64>(total << 3)));
  hashBlocks(hash, state, BLOCK, <u32>((end - BLOCK) / size));
  storeDigest(hash, target, state);
}
