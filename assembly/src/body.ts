/**
 * The envelope's body, C2SP chunked-encryption (https://c2sp.org/chunked-encryption) with SHA-512, for suites 1 and 2: deriving a
 * message's key, sealing and opening its chunks. A message of up to sixteen chunks is one call; longer ones begin, go on in
 * batches of sixteen chunks, and end.
 *
 * Constant time for all but lengths. State: the message's key, nonce and commitment in OKM, a chunk's nonce in COUNTER, and that of the
 * algorithms below it; whatever a call leaves in SECRETS is wiped before it returns, or by `messageEnd`.
 */
import { chachaPolyStart, chachaPolyTag, chachaPolyUpdate } from './chacha20-poly1305';
import { gcmKey, gcmStart, gcmTag, gcmUpdate } from './gcm';
import { hmacInPlace } from './hmac';
import { BOUND, COUNTER, IN, OKM, OUT, SALT, wipeMessage } from './memory';
import { copy64 } from './sha2';
import { headerLengthOf, headerOf, outerOf, suiteOf } from './slots';

const CHUNK: u32 = 16384;
const TAG: u32 = 16;
const PREFIX: u32 = 56;
// "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM" 00, 48 bytes; "…AEAD_CHACHA20_POLY1305" 00, 54 bytes.
const LABEL1: usize = memory.data<u8>([99, 50, 115, 112, 46, 111, 114, 103, 47, 99, 104, 117, 110, 107, 101, 100, 45, 101, 110, 99, 114, 121, 112, 116, 105, 111, 110, 64, 118, 49, 43, 65, 69, 65, 68, 95, 65, 69, 83, 95, 50, 53, 54, 95, 71, 67, 77, 0], 16);
const LABEL2: usize = memory.data<u8>([99, 50, 115, 112, 46, 111, 114, 103, 47, 99, 104, 117, 110, 107, 101, 100, 45, 101, 110, 99, 114, 121, 112, 116, 105, 111, 110, 64, 118, 49, 43, 65, 69, 65, 68, 95, 67, 72, 65, 67, 72, 65, 50, 48, 95, 80, 79, 76, 89, 49, 51, 48, 53, 0], 16);
/** Where the commitment starts in OKM (§Derivation): after key and nonce. */
const COMMITMENT: usize = OKM + 44;

/**
 * OKM = HKDF-Expand(K, label ‖ salt ‖ C, 76): two blocks of HMAC-SHA-512, T1 = HMAC(info ‖ 01), T2 = HMAC(T1 ‖ info ‖ 02). The salt
 * stands in SALT, C in BOUND; label and T1 are written before them, counters and padding after them.
 */
export function deriveMessage(slot: usize, boundLength: u32): void {
  let info: usize;
  if (suiteOf(slot) == 1) {
    info = SALT - 48;
    v128.store(info, v128.load(LABEL1));
    v128.store(info, v128.load(LABEL1, 16), 16);
    v128.store(info, v128.load(LABEL1, 32), 32);
  } else {
    info = SALT - 54;
    memory.copy(info, LABEL2, 54);
  }
  const end: usize = BOUND + boundLength;
  store<u8>(end, 1);
  hmacInPlace(slot, outerOf(slot), info, <u32>(end - info) + 1, OKM);
  copy64(info - 64, OKM);
  store<u8>(end, 2);
  hmacInPlace(slot, outerOf(slot), info - 64, <u32>(end - info) + 65, OKM + 64);
  const zero = i64x2.splat(0);
  v128.store(info - 64, zero);
  v128.store(info - 64, zero, 16);
  v128.store(info - 64, zero, 32);
  v128.store(info - 64, zero, 48);
}

/** header ‖ salt ‖ commitment, at OUT. @returns its length */
export function writePrefix(slot: usize): u32 {
  const header = headerLengthOf(slot);
  v128.store(OUT, v128.load(headerOf(slot)));
  v128.store(OUT, v128.load(headerOf(slot), 16), 16);
  const at: usize = OUT + header;
  v128.store(at, v128.load(SALT));
  store<u64>(at, load<u64>(SALT, 16), 16);
  v128.store(at, v128.load(COMMITMENT), 24);
  v128.store(at, v128.load(COMMITMENT, 16), 40);
  return header + PREFIX;
}

/** Whether IN starts with the slot's header; puts the salt after it into SALT. The header is public. */
export function readPrefix(slot: usize): bool {
  const length = headerLengthOf(slot);
  const header = headerOf(slot);
  for (let i: u32 = 0; i < length; ++i) if (load<u8>(IN + i) != load<u8>(header + i)) return false;
  v128.store(SALT, v128.load(IN + length));
  store<u64>(SALT, load<u64>(IN + length, 16), 16);
  return true;
}

/** Compares the commitment in IN with the derived one, without a branch on where they differ. */
export function committed(slot: usize): bool {
  const at: usize = IN + headerLengthOf(slot) + 24;
  return !v128.any_true(
    v128.or(v128.xor(v128.load(at), v128.load(COMMITMENT)), v128.xor(v128.load(at, 16), v128.load(COMMITMENT, 16))),
  );
}

/** §AEAD usage: the nonce's last five bytes XOR the chunk's number. Bytes 12 to 15, GCM's counter, follow separately. */
export function chunkNonce(target: usize, base: usize, chunk: u64): void {
  v128.store(target, v128.load(base));
  store<u64>(target, load<u64>(target, 4) ^ bswap<u64>(chunk), 4);
}

/** Expands the AEAD's key, in OKM. */
// @ts-ignore
@inline
export function startKey(suite: u32): void {
  if (suite == 1) gcmKey(OKM, 32);
}

/** One chunk; both directions. `tables`: GHASH tables are to be made. @returns its tag */
// @ts-ignore
@inline
function chunk(suite: u32, source: usize, length: u32, target: usize, index: u64, tables: bool, two: bool, seal: bool): v128 {
  if (suite == 1) {
    chunkNonce(COUNTER, OKM + 32, index);
    gcmStart(tables, two);
    gcmUpdate(source, length, target, seal);
    return gcmTag(0, length);
  }
  chunkNonce(COUNTER, OKM + 32, index);
  chachaPolyStart(OKM, COUNTER);
  chachaPolyUpdate(source, length, target, seal);
  return chachaPolyTag(0, length);
}

/**
 * Seals plaintext at IN into chunks at `target`, from chunk `index` on. The last chunk is the one that is shorter than 16 KiB.
 * @param last whether the message ends here; otherwise `length` is whole chunks
 * @returns how many bytes
 */
export function sealChunks(suite: u32, length: u32, target: usize, index: u64, tables: bool, last: bool): u32 {
  let source: usize = IN;
  let at = target;
  // One GHASH power below 352 bytes: a second table costs more than it saves.
  const two = length >= 352 || !last;
  while (true) {
    const n = min<u32>(length, CHUNK);
    if (n == 0 && !last) break;
    const tag = chunk(suite, source, n, at, index, tables, two, true);
    v128.store(at + n, tag);
    tables = false;
    source += n;
    at += n + TAG;
    length -= n;
    ++index;
    if (n < CHUNK) break;
  }
  return <u32>(at - target);
}

/**
 * Opens chunks at `source` into OUT. @returns bytes of plaintext, −1 if a tag is wrong or the message does not end as it should;
 * OUT is wiped then
 */
export function openChunks(suite: u32, source: usize, length: u32, index: u64, tables: bool, last: bool): i32 {
  let at: usize = OUT;
  const two = length >= 368 || !last;
  while (true) {
    if (length == 0 && !last) return <i32>(at - OUT);
    if (length < TAG) break;
    const n = min<u32>(length - TAG, CHUNK);
    const tag = chunk(suite, source, n, at, index, tables, two, false);
    if (v128.any_true(v128.xor(tag, v128.load(source + n)))) {
      at += n;
      break;
    }
    tables = false;
    source += n + TAG;
    at += n;
    length -= n + TAG;
    ++index;
    if (n < CHUNK) {
      if (length != 0 || !last) break;
      v128.store(at, i64x2.splat(0)); // keystream, where the last block was longer than the plaintext
      return <i32>(at - OUT);
    }
  }
  memory.fill(OUT, 0, at - OUT + 16);
  return -1;
}
