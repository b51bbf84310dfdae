/**
 * HMAC (RFC 2104, FIPS 198-1) and HKDF (RFC 5869) over the SHA-2 functions. Constant time for all but lengths.
 *
 * A key is kept as two hash states, after the inner and the outer block: its bytes are not needed again, and two compressions
 * are saved in each call.
 *
 * State: INNER and OUTER, or a slot's two states; STATE, BLOCK; DIGEST, T(i) of HKDF.
 */
import { BLOCK, DIGEST, firstBytes, INNER, OUT, OUTER, STATE, zeros } from './memory';
import { blockLength, copy64, digestLength, hashBlocks, hashFinish, hashStart, SHA_256, SHA_512, storeDigest } from './sha2';
import { sha512Blocks } from '../generated/sha512';

/** Keys a pair of states. @param length at most a block; longer keys are hashed before */
export function hmacKey(hash: u32, key: usize, length: u32, inner: usize, outer: usize): void {
  const size = blockLength(hash);
  const ipad = i8x16.splat(0x36);
  for (let i: u32 = 0; i < size; i += 16) {
    v128.store(BLOCK + i, v128.xor(firstBytes(key + i, i < length ? min<u32>(length - i, 16) : 0), ipad));
  }
  hashStart(hash, inner);
  hashBlocks(hash, inner, BLOCK, 1);
  const flip = i8x16.splat(0x36 ^ 0x5c);
  for (let i: u32 = 0; i < size; i += 16) v128.store(BLOCK + i, v128.xor(v128.load(BLOCK + i), flip));
  hashStart(hash, outer);
  hashBlocks(hash, outer, BLOCK, 1);
  zeros(BLOCK, BLOCK + size);
}

/** Ends the inner hash, whose state is in STATE, and computes the outer one. `total` counts without the key's block. */
export function hmacFinish(hash: u32, outer: usize, source: usize, length: u32, total: u64, target: usize): void {
  const size = blockLength(hash);
  hashFinish(hash, STATE, source, length, total + size, target);
  const digest = digestLength(hash);
  // `target` has room for 64 bytes: SHA-384's last 16 are not part of its digest, and are not hashed.
  copy64(STATE, outer);
  hashFinish(hash, STATE, target, digest, size + digest, target);
}

/** HMAC of one string under the key in INNER and OUTER. @param target room for 64 bytes */
export function hmac(hash: u32, source: usize, length: u32, target: usize): void {
  copy64(STATE, INNER);
  hmacFinish(hash, OUTER, source, length, length, target);
}

/** The outer hash's only block: digest of the inner hash ‖ 80 ‖ zeros ‖ (128 + 64)·8 bits. */
// @ts-ignore
@inline
function outerPadding(): void {
  const zero = i64x2.splat(0);
  v128.store(BLOCK, i64x2(0x80, 0), 64);
  v128.store(BLOCK, zero, 80);
  v128.store(BLOCK, zero, 96);
  v128.store(BLOCK, i64x2(0, 0x0006000000000000), 112);
}

/**
 * HMAC-SHA-512 of a string that is padded where it stands, which overwrites up to 143 bytes after it: the message path, where each
 * copy would cost.
 */
export function hmacInPlace(inner: usize, outer: usize, source: usize, length: u32, target: usize): void {
  const blocks = (length + 17 + 127) >> 7;
  const end = source + (blocks << 7) - 8;
  store<u8>(source + length, 0x80);
  const zero = i64x2.splat(0);
  let at = source + length + 1;
  for (; at + 16 <= end; at += 16) v128.store(at, zero);
  for (; at < end; ++at) store<u8>(at, 0);
  store<u64>(end, bswap<u64>((<u64>length + 128) << 3));
  copy64(STATE, inner);
  sha512Blocks(STATE, source, blocks);
  storeDigest(SHA_512, BLOCK, STATE);
  outerPadding();
  copy64(STATE, outer);
  sha512Blocks(STATE, BLOCK, 1);
  storeDigest(SHA_512, target, STATE);
}

// @ts-ignore
@inline
function copyDigest(hash: u32, target: usize): void {
  v128.store(target, v128.load(DIGEST));
  v128.store(target, v128.load(DIGEST, 16), 16);
  if (hash == SHA_256) return;
  v128.store(target, v128.load(DIGEST, 32), 32);
  if (hash == SHA_512) v128.store(target, v128.load(DIGEST, 48), 48);
}

/** HKDF-Extract (RFC 5869 §2.2) of `source` under the salt in INNER and OUTER, which then hold the states of PRK. */
// @ts-ignore
@inline
export function hkdfExtract(hash: u32, source: usize, length: u32): void {
  hmac(hash, source, length, DIGEST);
  hmacKey(hash, DIGEST, digestLength(hash), INNER, OUTER);
}

/**
 * HKDF-Expand (RFC 5869 §2.3) under the key in INNER and OUTER, into OUT.
 * @param info with 64 bytes of room before it and 1 after, which are overwritten
 * @param length 1 to 255 digests
 */
export function hkdfExpand(hash: u32, info: usize, infoLength: u32, length: u32): void {
  const size = digestLength(hash);
  let previous: u32 = 0;
  let at: usize = OUT;
  for (let i: u32 = 1; ; ++i) {
    store<u8>(info + infoLength, <u8>i);
    hmac(hash, info - previous, previous + infoLength + 1, DIGEST);
    // 64 bytes would leave some of them behind in OUT.
    if (length >= size) copyDigest(hash, at);
    else memory.copy(at, DIGEST, length);
    if (length <= size) return;
    memory.copy(info - size, DIGEST, size);
    previous = size;
    length -= size;
    at += size;
  }
}
