/**
 * Key slots: a bounded table in memory that only this file writes. A key is kept as HMAC-SHA-512's two states, which is all that
 * deriving needs; its bytes are wiped on arrival.
 *
 * A handle is serial · 4096 + index, serials being given once per process by JavaScript: a stale, foreign or made-up handle
 * finds another serial in its slot, and is refused. Indices are masked, so that no handle reaches other memory.
 *
 * No branch and no address depends on a key: handles, serials, suites and headers are public.
 *
 * Slot: inner state 64 ‖ outer state 64 ‖ header 32 ‖ serial u64 ‖ suite u8 ‖ header length u8 ‖ zeros.
 */
import { hmacFinish, hmacKey } from './hmac';
import { DIGEST, FREE, IN, SLOT_COUNT, SLOT_SIZE, SLOTS, STATE } from './memory';
import { copy64, SHA_512 } from './sha2';

const HEADER: usize = 128;
const SERIAL: usize = 160;
const SUITE: usize = 168;
const HEADER_LENGTH: usize = 169;

/** Slots ever used, and freed ones waiting in FREE. */
let used: u32 = 0;
let freed: u32 = 0;

/** Handles are exact in a double: serials are whole numbers from 1 to 2⁴¹ − 1. */
export function isSerial(serial: f64): bool {
  return serial >= 1 && serial < 2199023255552 && floor(serial) == serial;
}

/** @returns the slot's address; 0 for a handle that is none */
export function slotOf(handle: f64): usize {
  const bits = <u64>handle;
  const slot: usize = SLOTS + <usize>(bits & (SLOT_COUNT - 1)) * SLOT_SIZE;
  const serial = bits >> 12;
  return serial != 0 && load<u64>(slot, SERIAL) == serial ? slot : 0;
}

// @ts-ignore
@inline
export function outerOf(slot: usize): usize {
  return slot + 64;
}
// @ts-ignore
@inline
export function headerOf(slot: usize): usize {
  return slot + HEADER;
}
// @ts-ignore
@inline
export function headerLengthOf(slot: usize): u32 {
  return load<u8>(slot, HEADER_LENGTH);
}
/** 0 until the slot is prepared. */
// @ts-ignore
@inline
export function suiteOf(slot: usize): u32 {
  return load<u8>(slot, SUITE);
}

/** Keys a free slot with 32 bytes. @returns its address, 0 if none is free */
export function takeSlot(serial: u64, key: usize): usize {
  let index: u32;
  if (freed != 0) index = load<u16>(FREE + (--freed << 1));
  else if (used < SLOT_COUNT) index = used++;
  else return 0;
  const slot: usize = SLOTS + <usize>index * SLOT_SIZE;
  hmacKey(SHA_512, key, 32, slot, outerOf(slot));
  store<u64>(slot, serial, SERIAL);
  return slot;
}

/** HKDF-Expand (RFC 5869 §2.3) of at most one block, info in IN: T(1) into DIGEST. */
export function expandSlot(slot: usize, infoLength: u32): void {
  store<u8>(IN + infoLength, 1);
  copy64(STATE, slot);
  hmacFinish(SHA_512, outerOf(slot), IN, infoLength + 1, infoLength + 1, DIGEST);
}

export function handleOf(slot: usize): f64 {
  return <f64>((load<u64>(slot, SERIAL) << 12) + (slot - SLOTS) / SLOT_SIZE);
}

/** @param header at most 27 bytes */
export function prepareSlot(slot: usize, suite: u32, header: usize, length: u32): void {
  memory.copy(slot + HEADER, header, length);
  store<u8>(slot, <u8>suite, SUITE);
  store<u8>(slot, <u8>length, HEADER_LENGTH);
}

export function freeSlot(slot: usize): void {
  memory.fill(slot, 0, SLOT_SIZE);
  store<u16>(FREE + (freed++ << 1), <u16>((slot - SLOTS) / SLOT_SIZE));
}

export function freeAll(): void {
  memory.fill(SLOTS, 0, SLOT_COUNT * SLOT_SIZE);
  used = 0;
  freed = 0;
}
