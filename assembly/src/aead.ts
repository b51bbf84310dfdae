/** The AEADs by number, with one set of calls: key in KEY, nonce in NONCE. The modules behind them say what is constant time. */
import * as chacha from './chacha20-poly1305';
import * as gcm from './gcm';
import { COUNTER, KEY, NONCE } from './memory';

export const AES_256_GCM: u32 = 0;
export const AES_128_GCM: u32 = 1;
export const CHACHA20_POLY1305: u32 = 2;

/** @param long whether it pays to prepare for pairs of blocks (GCM) */
export function start(algorithm: u32, long: bool): void {
  if (algorithm == CHACHA20_POLY1305) {
    chacha.chachaPolyStart(KEY, NONCE);
    return;
  }
  gcm.gcmKey(KEY, algorithm == AES_256_GCM ? 32 : 16);
  store<u64>(COUNTER, load<u64>(NONCE));
  store<u32>(COUNTER, load<u32>(NONCE, 8), 8);
  gcm.gcmStart(true, long);
}

export function hash(algorithm: u32, source: usize, length: u32): void {
  if (algorithm == CHACHA20_POLY1305) chacha.chachaPolyHash(source, length);
  else gcm.gcmHash(source, length);
}

export function update(algorithm: u32, source: usize, length: u32, target: usize, seal: bool): void {
  if (algorithm == CHACHA20_POLY1305) chacha.chachaPolyUpdate(source, length, target, seal);
  else gcm.gcmUpdate(source, length, target, seal);
}

export function tag(algorithm: u32, aadLength: u64, length: u64): v128 {
  return algorithm == CHACHA20_POLY1305 ? chacha.chachaPolyTag(aadLength, length) : gcm.gcmTag(aadLength, length);
}
