/**
 * AES-GCM (SP 800-38D §7) for nonces of 12 bytes, over aes-ctr and ghash.
 *
 * One batch of eight blocks gives H, the tag's mask and the first 96 bytes of keystream together, so that a short message costs
 * one batch. Constant time: lengths and counters are public, everything else goes through kernels that are.
 *
 * State: PLANES, H, TABLES, Y, TAG_MASK, COUNTER, KEYSTREAM; `counter`, `rounds` and `pairs` below, all public.
 */
import { aesCtr } from '../generated/aes-ctr';
import { ghashBlocks, ghashInit, ghashPairs } from '../generated/ghash';
import { expandKey128, expandKey256 } from './aes-key';
import { firstBytes, H, KEYSTREAM, PADDED, TAG_MASK, xorInto, Y } from './memory';

const ZEROS: usize = memory.data(128, 16);

let counter: u32 = 0;
let rounds: u32 = 14;
let pairs: bool = false;

/** @param length 16 or 32 bytes */
export function gcmKey(key: usize, length: u32): void {
  if (length == 32) {
    expandKey256(key);
    rounds = 14;
  } else {
    expandKey128(key);
    rounds = 10;
  }
}

/**
 * Starts a message under the nonce in COUNTER's first 12 bytes.
 * @param first whether the key is new: then its GHASH tables are made
 * @param two whether the message is long enough for two blocks at a time
 */
export function gcmStart(first: bool, two: bool): void {
  aesCtr(0, ZEROS, KEYSTREAM, 1, rounds, first);
  v128.store(TAG_MASK, v128.load(KEYSTREAM, 16));
  if (first) {
    v128.store(H, v128.load(KEYSTREAM));
    ghashInit(two);
    pairs = two;
  }
  v128.store(Y, i64x2.splat(0));
  counter = 0;
}

/** GHASH over a string, padded with zeros to whole blocks. Reads, and ignores, up to 15 bytes beyond. */
export function gcmHash(source: usize, length: u32): void {
  if (pairs) {
    const n = length >> 5;
    if (n != 0) ghashPairs(source, n);
    source += n << 5;
    length &= 31;
  }
  const n = length >> 4;
  if (n != 0) ghashBlocks(source, n);
  source += n << 4;
  length &= 15;
  if (length != 0) {
    v128.store(PADDED, firstBytes(source, length));
    ghashBlocks(PADDED, 1);
  }
}

/**
 * Encrypts or decrypts the next part of a message, and hashes its ciphertext. Parts before the last have 96 bytes (the first) plus
 * a multiple of 128. Up to 15 bytes beyond the target are overwritten.
 */
export function gcmUpdate(source: usize, length: u32, target: usize, seal: bool): void {
  if (counter == 0) {
    const n = min<u32>(length, 96);
    if (!seal) gcmHash(source, n);
    xorInto(target, source, KEYSTREAM + 32, n);
    if (seal) gcmHash(target, n);
    source += n;
    target += n;
    length -= n;
    counter = 8;
  }
  while (length >= 128) {
    // 2 KiB at a time: what was just written is hashed while it is in the first-level cache.
    const n = min<u32>(length >> 7, 16);
    if (!seal) gcmHash(source, n << 7);
    aesCtr(counter, source, target, n, rounds, false);
    if (seal) gcmHash(target, n << 7);
    counter += n << 3;
    source += n << 7;
    target += n << 7;
    length -= n << 7;
  }
  if (length != 0) {
    if (!seal) gcmHash(source, length);
    aesCtr(counter, ZEROS, KEYSTREAM, 1, rounds, false);
    counter += 8; // no keystream twice, whatever a caller does next
    xorInto(target, source, KEYSTREAM, length);
    if (seal) gcmHash(target, length);
  }
}

/** The tag (SP 800-38D §7.1 steps 5 and 6). Lengths in bytes. */
export function gcmTag(aadLength: u64, length: u64): v128 {
  v128.store(PADDED, i64x2(bswap<u64>(aadLength << 3), bswap<u64>(length << 3)));
  ghashBlocks(PADDED, 1);
  return v128.xor(v128.load(Y), v128.load(TAG_MASK));
}
