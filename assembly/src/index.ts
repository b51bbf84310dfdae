/**
 * The module's exports: what JavaScript calls. Arguments lie in KEY, NONCE, IN, BOUND and SALT, results in OUT. Every length is checked
 * here against the area it lies in; a call that is given more than fits does nothing and returns REFUSED.
 */
import * as aead from './aead';
import { chunkNonce, committed, deriveMessage, openChunks, readPrefix, sealChunks, startKey, writePrefix } from './body';
import { difference } from './compare';
import * as mac from './hmac';
import * as kw from './keywrap';
import * as mem from './memory';
import { BOUND_ROOM, DIGEST, IN, INNER, KEY, OKM, OUT, OUTER, POOL, ROOM, SALT, STATE, wipeMessage, wipeSecrets } from './memory';
import * as kdf from './pbkdf2';
import { blockLength, copy64, digestLength, hashBlocks, hashFinish, hashStart, isHash } from './sha2';
import * as slots from './slots';

// What a call returns in place of a length.
/** A handle of no slot. */
const CLOSED: i32 = -1;
/** Not genuine. */
const FAILED: i32 = -2;
/** An argument out of range, or a slot not prepared. */
const REFUSED: i32 = -3;
/** No slot is free. */
const FULL: i32 = -4;

const WHOLE: u32 = 16 * 16384;
const WHOLE_SEALED: u32 = 16 * 16400;
/** A chunk's number takes the last five bytes of its nonce. */
const CHUNK_LIMIT: f64 = 1099511627776;

// Where the areas are, for JavaScript.
export const boundAt: usize = mem.BOUND;
export const saltAt: usize = mem.SALT;
export const poolAt: usize = mem.POOL;
export const keyAt: usize = mem.KEY;
export const nonceAt: usize = mem.NONCE;
export const inAt: usize = mem.IN;
export const outAt: usize = mem.OUT;
/** Bytes that fit into IN at once: sixteen chunks, plain and sealed. */
export const whole: u32 = WHOLE;
export const wholeSealed: u32 = WHOLE_SEALED;
export { __heap_base as heapAt };

// ---- Key slots

/** Moves 32 bytes from KEY into a slot. @returns its handle, or FULL */
export function importKey(serial: f64): f64 {
  if (!slots.isSerial(serial)) return REFUSED;
  const slot = slots.takeSlot(<u64>serial, KEY);
  memory.fill(KEY, 0, 32);
  wipeSecrets();
  return slot == 0 ? FULL : slots.handleOf(slot);
}

/** HKDF-Expand with info in IN: 64 bytes in OUT, of which JavaScript takes what it needs. */
export function expandKey(handle: f64, infoLength: u32): i32 {
  const slot = slots.slotOf(handle);
  if (slot == 0) return CLOSED;
  if (infoLength > WHOLE) return REFUSED;
  slots.expandSlot(slot, infoLength);
  copy64(OUT, DIGEST);
  wipeSecrets();
  return 64;
}

/** The same into a new slot: its first 32 bytes, or with `second` the 32 after them. @returns its handle, or an error */
export function deriveKey(handle: f64, infoLength: u32, serial: f64, second: bool): f64 {
  const from = slots.slotOf(handle);
  if (from == 0) return CLOSED;
  if (infoLength > WHOLE || !slots.isSerial(serial)) return REFUSED;
  slots.expandSlot(from, infoLength);
  const slot = slots.takeSlot(<u64>serial, second ? DIGEST + 32 : DIGEST);
  wipeSecrets();
  return slot == 0 ? FULL : slots.handleOf(slot);
}

/** @param headerLength at most 27 bytes, in IN */
export function prepare(handle: f64, suite: u32, headerLength: u32): i32 {
  const slot = slots.slotOf(handle);
  if (slot == 0) return CLOSED;
  if (suite < 1 || suite > 2 || headerLength > 27) return REFUSED;
  slots.prepareSlot(slot, suite, IN, headerLength);
  return 0;
}

/** 27, or 0 where JavaScript writes the header. */
export function headerLength(handle: f64): i32 {
  const slot = slots.slotOf(handle);
  return slot == 0 ? CLOSED : <i32>slots.headerLengthOf(slot);
}

export function release(handle: f64): i32 {
  const slot = slots.slotOf(handle);
  if (slot == 0) return CLOSED;
  slots.freeSlot(slot);
  return 0;
}

/** Frees all slots and wipes everything. */
export function wipe(): void {
  slots.freeAll();
  wipeSecrets();
  memory.fill(SALT - 128, 0, OUT + mem.ROOM - SALT + 128);
}

let problem: i32 = 0;
/** The slot, if it is prepared and the bound length fits; else 0, with the error in `problem`. */
// @ts-ignore
@inline
function prepared(handle: f64, boundLength: u32): usize {
  const slot = slots.slotOf(handle);
  problem = slot == 0 ? CLOSED : REFUSED;
  return slot != 0 && slots.suiteOf(slot) != 0 && boundLength <= BOUND_ROOM ? slot : 0;
}

// ---- Messages (envelope v1, §Body)

/** Wipes what a message leaves in SECRETS. */
// @ts-ignore
@inline
function wipeSuite(suite: u32): void {
  if (suite == 1) wipeMessage();
  else wipeSecrets();
}

function sealWith(slot: usize, boundLength: u32, length: u32): i32 {
  const suite = slots.suiteOf(slot);
  deriveMessage(slot, boundLength);
  const prefix = writePrefix(slot);
  startKey(suite);
  const sealed = sealChunks(suite, length, OUT + prefix, 0, true, true);
  wipeSuite(suite);
  memory.fill(IN, 0, length);
  return prefix + sealed;
}

/**
 * Seals plaintext in IN, less than sixteen chunks, with C in BOUND.
 * @param salt where the salt is in POOL; it is wiped there
 * @returns the length of header ‖ salt ‖ commitment ‖ chunks in OUT
 */
export function seal(handle: f64, boundLength: u32, length: u32, salt: u32): i32 {
  const slot = prepared(handle, boundLength);
  if (slot == 0) return problem;
  if (length >= WHOLE || salt > 1000) return REFUSED;
  const from: usize = POOL + salt;
  v128.store(SALT, v128.load(from));
  store<u64>(SALT, load<u64>(from, 16), 16);
  v128.store(from, i64x2.splat(0));
  store<u64>(from, 0, 16);
  return sealWith(slot, boundLength, length);
}

/** Opens what `seal` makes, in IN. @returns the length of the plaintext in OUT, which JavaScript wipes with `wipeOut` */
export function open(handle: f64, boundLength: u32, length: u32): i32 {
  const slot = prepared(handle, boundLength);
  if (slot == 0) return problem;
  const prefix = slots.headerLengthOf(slot) + 56;
  if (length < prefix + 16) return FAILED;
  if (length >= prefix + WHOLE_SEALED) return REFUSED;
  if (!readPrefix(slot)) return FAILED;
  const suite = slots.suiteOf(slot);
  deriveMessage(slot, boundLength);
  let opened: i32 = -1;
  if (committed(slot)) {
    startKey(suite);
    opened = openChunks(suite, IN + prefix, length - prefix, 0, true, true);
  }
  wipeSuite(suite);
  return opened < 0 ? FAILED : opened;
}

export function wipeOut(length: u32): void {
  memory.fill(OUT, 0, min<u32>(length, ROOM));
}
export function wipeIn(length: u32): void {
  memory.fill(IN, 0, min<u32>(length, ROOM));
}

// A message in batches: begin, then batches of sixteen chunks, then end. The message's key stays in SECRETS meanwhile; no other call
// may come between, which JavaScript's side sees to by doing all of it in one synchronous function.
let batchSuite: u32 = 0;
let batchIndex: u64 = 0;

/** Derives the key for the salt in SALT, and writes the prefix to OUT. */
export function sealBegin(handle: f64, boundLength: u32): i32 {
  const slot = prepared(handle, boundLength);
  if (slot == 0) return problem;
  deriveMessage(slot, boundLength);
  batchSuite = slots.suiteOf(slot);
  batchIndex = 0;
  startKey(batchSuite);
  return writePrefix(slot);
}

/** @param length sixteen chunks, or less if `last` */
export function sealBatch(length: u32, last: bool): i32 {
  if (batchSuite == 0 || (last ? length >= WHOLE : length != WHOLE)) return REFUSED;
  const sealed = sealChunks(batchSuite, length, OUT, batchIndex, batchIndex == 0, last);
  batchIndex += 16;
  return sealed;
}

/** Reads the prefix in IN. */
export function openBegin(handle: f64, boundLength: u32): i32 {
  const slot = prepared(handle, boundLength);
  if (slot == 0) return problem;
  if (!readPrefix(slot)) return FAILED;
  deriveMessage(slot, boundLength);
  if (!committed(slot)) {
    wipeSecrets();
    return FAILED;
  }
  batchSuite = slots.suiteOf(slot);
  batchIndex = 0;
  startKey(batchSuite);
  return 0;
}

export function openBatch(length: u32, last: bool): i32 {
  if (batchSuite == 0 || (last ? length >= WHOLE_SEALED : length != WHOLE_SEALED)) return REFUSED;
  const opened = openChunks(batchSuite, IN, length, batchIndex, batchIndex == 0, last);
  batchIndex += 16;
  return opened < 0 ? FAILED : opened;
}

export function messageEnd(): void {
  batchSuite = 0;
  wipeSecrets();
}

/** A message's key 32 ‖ nonce 12 ‖ commitment 32, into OUT, for the salt in SALT. */
export function messageKey(handle: f64, boundLength: u32): i32 {
  const slot = prepared(handle, boundLength);
  if (slot == 0) return problem;
  deriveMessage(slot, boundLength);
  memory.copy(OUT, OKM, 76);
  wipeSecrets();
  return 76;
}

/** C2SP chunked-encryption's nonce of a chunk, for the nonce in NONCE: 12 bytes in OUT. */
export function nonceOfChunk(chunk: f64): i32 {
  if (!(chunk >= 0 && chunk < CHUNK_LIMIT)) return REFUSED;
  chunkNonce(OUT, mem.NONCE, <u64>chunk);
  return 12;
}

/** Seals like `seal`, with the salt that is in SALT. */
export function sealSalted(handle: f64, boundLength: u32, length: u32): i32 {
  const slot = prepared(handle, boundLength);
  if (slot == 0) return problem;
  if (length >= WHOLE) return REFUSED;
  return sealWith(slot, boundLength, length);
}

// ---- Hashes and macs

export function hashBegin(hash: u32): i32 {
  if (!isHash(hash)) return REFUSED;
  hashStart(hash, STATE);
  return 0;
}

/** Whole blocks in IN, hashed into STATE. */
export function hashUpdate(hash: u32, length: u32): i32 {
  const size = blockLength(hash);
  if (!isHash(hash) || length > WHOLE || length % size != 0) return REFUSED;
  hashBlocks(hash, STATE, IN, length / size);
  return 0;
}

/** The last part in IN; the digest goes to OUT. */
export function hashEnd(hash: u32, length: u32, total: f64): i32 {
  if (!isHash(hash) || length > WHOLE) return REFUSED;
  hashFinish(hash, STATE, IN, length, <u64>total, OUT);
  wipeSecrets();
  memory.fill(IN, 0, length);
  return digestLength(hash);
}

export function hash(hash: u32, length: u32): i32 {
  if (length > WHOLE || hashBegin(hash) < 0) return REFUSED;
  return hashEnd(hash, length, length);
}

/** Keys HMAC with KEY, of at most a block, which is wiped there. */
export function hmacKey(hash: u32, length: u32): i32 {
  if (!isHash(hash) || length > blockLength(hash)) return REFUSED;
  mac.hmacKey(hash, KEY, length, INNER, OUTER);
  memory.fill(KEY, 0, 128);
  return 0;
}

/** Starts a mac under the key of `hmacKey`; `hashUpdate` goes on. */
export function hmacBegin(): void {
  copy64(STATE, INNER);
}

/** Starts HMAC-SHA-512 under a slot's key; `hashUpdate` goes on, and `hmacEnd` ends it. */
export function slotMacBegin(handle: f64): i32 {
  const slot = slots.slotOf(handle);
  if (slot == 0) return CLOSED;
  copy64(STATE, slot);
  copy64(OUTER, slots.outerOf(slot));
  return 0;
}

export function hmacEnd(hash: u32, length: u32, total: f64): i32 {
  if (!isHash(hash) || length > WHOLE) return REFUSED;
  mac.hmacFinish(hash, OUTER, IN, length, <u64>total, OUT);
  wipeSecrets();
  memory.fill(IN, 0, length);
  return digestLength(hash);
}

export function hmac(hash: u32, keyLength: u32, length: u32): i32 {
  if (length > WHOLE || hmacKey(hash, keyLength) < 0) return REFUSED;
  hmacBegin();
  return hmacEnd(hash, length, length);
}

/** HKDF-Expand of `length` bytes into OUT: PRK in KEY, info in IN after 64 bytes of room. */
export function hkdfExpand(hash: u32, keyLength: u32, infoLength: u32, length: u32): i32 {
  if (infoLength > WHOLE - 128 || length == 0 || length > 255 * digestLength(hash)) return REFUSED;
  if (hmacKey(hash, keyLength) < 0) return REFUSED;
  mac.hkdfExpand(hash, IN + 64, infoLength, length);
  wipeSecrets();
  memory.fill(IN, 0, infoLength + 128);
  return length;
}

/** HKDF: salt in KEY, in IN 64 bytes of room ‖ info ‖ 1 byte ‖ input key. */
export function hkdf(hash: u32, saltLength: u32, infoLength: u32, inputLength: u32, length: u32): i32 {
  if (infoLength > 66048 || inputLength > 131072 || length == 0 || length > 255 * digestLength(hash)) return REFUSED;
  if (hmacKey(hash, saltLength) < 0) return REFUSED;
  mac.hkdfExtract(hash, IN + 65 + infoLength, inputLength);
  mac.hkdfExpand(hash, IN + 64, infoLength, length);
  wipeSecrets();
  memory.fill(IN, 0, 65 + infoLength + inputLength);
  return length;
}

/** PBKDF2's block: first U, under the key of `hmacKey`. The salt is in IN. */
export function pbkdf2Begin(hash: u32, saltLength: u32, block: u32): i32 {
  if (!isHash(hash) || saltLength > WHOLE) return REFUSED;
  kdf.pbkdf2Start(hash, saltLength, block);
  return 0;
}

export function pbkdf2Iterate(hash: u32, iterations: u32): i32 {
  if (!isHash(hash)) return REFUSED;
  kdf.pbkdf2Iterate(hash, iterations);
  return 0;
}

/** The block into OUT. HMAC's key stays for the next block, until `wipe`. */
export function pbkdf2End(hash: u32): i32 {
  if (!isHash(hash)) return REFUSED;
  kdf.pbkdf2Finish(hash);
  return digestLength(hash);
}

// ---- AEAD: key in KEY, nonce in NONCE

/** In one call: additional data in OUT, plaintext in IN. @returns the length of ciphertext ‖ tag in OUT */
export function aeadSeal(algorithm: u32, aadLength: u32, length: u32): i32 {
  if (algorithm > 2 || aadLength > WHOLE || length > WHOLE) return REFUSED;
  aead.start(algorithm, length >= 352);
  if (aadLength != 0) aead.hash(algorithm, OUT, aadLength);
  aead.update(algorithm, IN, length, OUT, true);
  v128.store(OUT + length, aead.tag(algorithm, aadLength, length));
  wipeSecrets();
  memory.fill(KEY, 0, 32);
  memory.fill(IN, 0, length);
  return length + 16;
}

/** @param length of the ciphertext in IN, whose tag follows it */
export function aeadOpen(algorithm: u32, aadLength: u32, length: u32): i32 {
  if (algorithm > 2 || aadLength > WHOLE || length > WHOLE) return REFUSED;
  aead.start(algorithm, length >= 352);
  if (aadLength != 0) aead.hash(algorithm, OUT, aadLength);
  aead.update(algorithm, IN, length, OUT, false);
  const wrong = v128.any_true(v128.xor(aead.tag(algorithm, aadLength, length), v128.load(IN + length)));
  wipeSecrets();
  memory.fill(KEY, 0, 32);
  v128.store(OUT + length, i64x2.splat(0));
  if (!wrong) return length;
  memory.fill(OUT, 0, length);
  return FAILED;
}

/** In parts, for longer messages; no other call may come between. */
export function aeadBegin(algorithm: u32): i32 {
  if (algorithm > 2) return REFUSED;
  aead.start(algorithm, true);
  memory.fill(KEY, 0, 32);
  return 0;
}

/** Additional data in IN; parts before the last are a multiple of 32 bytes. */
export function aeadHash(algorithm: u32, length: u32): i32 {
  if (algorithm > 2 || length > WHOLE) return REFUSED;
  aead.hash(algorithm, IN, length);
  return 0;
}

/** How many bytes the first part of a longer message has; later ones have sixteen chunks. */
export function aeadFirst(algorithm: u32): u32 {
  return WHOLE - (algorithm == aead.CHACHA20_POLY1305 ? 64 : 32);
}

export function aeadUpdate(algorithm: u32, length: u32, seal: bool): i32 {
  if (algorithm > 2 || length > WHOLE) return REFUSED;
  aead.update(algorithm, IN, length, OUT, seal);
  return length;
}

/** Tag into OUT; or, to open, compares it with the one in IN. */
export function aeadEnd(algorithm: u32, aadLength: f64, length: f64, seal: bool): i32 {
  if (algorithm > 2) return REFUSED;
  const tag = aead.tag(algorithm, <u64>aadLength, <u64>length);
  wipeSecrets();
  if (seal) {
    v128.store(OUT, tag);
    return 16;
  }
  return v128.any_true(v128.xor(tag, v128.load(IN))) ? FAILED : 0;
}

// ---- AES key wrap: KEK in KEY; in IN 8 bytes of room ‖ key, or what is wrapped

/** @param length a multiple of 8, from 16; for KWP (`padded`) any, from 1 */
export function keyWrap(kekLength: u32, length: u32, padded: bool): i32 {
  const padding: u32 = (8 - (length & 7)) & 7;
  if ((kekLength != 16 && kekLength != 32) || length > 131072 || (padded ? length < 1 : length < 16 || padding != 0)) return REFUSED;
  kw.wrapKey(KEY, kekLength);
  memory.fill(KEY, 0, 32);
  if (padded) {
    memory.fill(IN + 8 + length, 0, padding);
    const a = kw.paddedInitialValue(length);
    if (length <= 8) kw.wrapBlock(a);
    else kw.wrap(a, (length + 7) >> 3);
  } else {
    kw.wrap(kw.ICV1, length >> 3);
  }
  wipeSecrets();
  const total = length + padding + 8;
  memory.copy(OUT, IN, total);
  memory.fill(IN, 0, total);
  return total;
}

/** @returns the length of the key in OUT */
export function keyUnwrap(kekLength: u32, length: u32, padded: bool): i32 {
  if ((kekLength != 16 && kekLength != 32) || length > 131080) return REFUSED;
  const least: u32 = padded ? 16 : 24;
  if ((length & 7) != 0 || length < least) return FAILED;
  kw.unwrapKey(KEY, kekLength);
  memory.fill(KEY, 0, 32);
  const n = (length >> 3) - 1;
  const a = n == 1 ? kw.unwrapBlock() : kw.unwrap(n);
  wipeSecrets();
  let key = n << 3;
  let wrong: u64;
  if (padded) {
    wrong = kw.wrongPadding(a, key);
    key -= kw.paddingLength(a, key) & 7;
  } else {
    wrong = a ^ kw.ICV1;
  }
  if (wrong == 0) memory.copy(OUT, IN + 8, key);
  memory.fill(IN, 0, length);
  return wrong == 0 ? key : FAILED;
}

// ---- Compare

/** Compares the first and the second `length` bytes in IN. @returns 1 if they are equal */
export function equal(length: u32): i32 {
  if (length > WHOLE >> 1) return REFUSED;
  const different = difference(IN, IN + length, length);
  memory.fill(IN, 0, length << 1);
  return <i32>(different == 0);
}
