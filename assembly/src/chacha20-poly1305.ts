/**
 * AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8).
 *
 * The first batch of four blocks gives the one-time Poly1305 key (§2.6) and 192 bytes of keystream, so that a short message costs
 * one batch. Constant time for all but lengths. State: CHACHA (input block 64 ‖ keystream 256), POLY; `counter` is public.
 */
import { chacha20 } from '../generated/chacha20';
import { CHACHA, firstBytes, PADDED, xorInto } from './memory';
import { polyBlocks, polyFinish, polyStart } from './poly1305';

const KEYSTREAM: usize = CHACHA + 64;
const ZEROS: usize = memory.data(256, 16);

let counter: u32 = 0;

/** @param key 32 bytes @param nonce 12 bytes */
export function chachaPolyStart(key: usize, nonce: usize): void {
  v128.store(CHACHA, i32x4(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574));
  v128.store(CHACHA, v128.load(key), 16);
  v128.store(CHACHA, v128.load(key, 16), 32);
  store<u32>(CHACHA, load<u32>(nonce), 52);
  store<u64>(CHACHA, load<u64>(nonce, 4), 56);
  chacha20(0, ZEROS, KEYSTREAM, 1);
  polyStart(KEYSTREAM);
  counter = 0;
}

/** Authenticates a string, padded with zeros to whole blocks. Reads, and ignores, up to 15 bytes beyond. */
export function chachaPolyHash(source: usize, length: u32): void {
  const n = length >> 4;
  if (n != 0) polyBlocks(source, n);
  source += n << 4;
  length &= 15;
  if (length != 0) {
    v128.store(PADDED, firstBytes(source, length));
    polyBlocks(PADDED, 1);
  }
}

/**
 * Encrypts or decrypts the next part. Parts before the last have 192 bytes (the first) plus a multiple of 256. Up to 15 bytes beyond
 * the target are overwritten.
 */
export function chachaPolyUpdate(source: usize, length: u32, target: usize, seal: bool): void {
  if (!seal) chachaPolyHash(source, length);
  const start = target;
  const total = length;
  if (counter == 0) {
    const n = min<u32>(length, 192);
    xorInto(target, source, KEYSTREAM + 64, n);
    source += n;
    target += n;
    length -= n;
    counter = 4;
  }
  const batches = length >> 8;
  if (batches != 0) {
    chacha20(counter, source, target, batches);
    counter += batches << 2;
    source += batches << 8;
    target += batches << 8;
    length &= 255;
  }
  if (length != 0) {
    chacha20(counter, ZEROS, KEYSTREAM, 1);
    counter += 4; // no keystream twice, whatever a caller does next
    xorInto(target, source, KEYSTREAM, length);
  }
  if (seal) chachaPolyHash(start, total);
}

/** The tag; lengths in bytes. */
export function chachaPolyTag(aadLength: u64, length: u64): v128 {
  v128.store(PADDED, i64x2.replace_lane(i64x2.splat(aadLength), 1, length));
  polyBlocks(PADDED, 1);
  return polyFinish();
}
