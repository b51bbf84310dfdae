/**
 * What the third module has in its memory beside `../memory`'s areas, of which it uses SECRETS, KEY, IN and OUT.
 *
 * Eight headers at a time. Round keys by round and lane, 15 × 8 × 16 bytes, of the old keys and of the new ones; A of each lane with room
 * for a semiblock, 16 bytes; content keys of 32; HMAC states of 128; check results of 8. Lengths of 16 are public.
 */
export const LANES: usize = memory.data(5440, 64);
export const LANES_LENGTH: usize = 5440;
export const FROM_KEYS: usize = LANES;
export const TO_KEYS: usize = LANES + 1920;
export const LANE_BLOCKS: usize = LANES + 3840;
export const CONTENT_KEYS: usize = LANES + 3968;
export const CONTENT_MACS: usize = LANES + 4224;
export const LANE_CHECKS: usize = LANES + 5248;
export const LANE_LENGTHS: usize = LANES + 5312;
