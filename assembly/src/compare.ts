/**
 * Comparison of strings of equal length. Constant time for all but the length: every byte is read, and no branch depends on one. No state.
 *
 * Tags, commitments and KW's check value, which fit into vectors, are compared where they are computed, in the same way.
 */

/** The OR of all differences: 0 if the strings are equal. */
// @ts-ignore
@inline
export function difference(a: usize, b: usize, length: u32): u32 {
  let difference: u32 = 0;
  for (let i: u32 = 0; i < length; ++i) difference |= load<u8>(a + i) ^ load<u8>(b + i);
  return difference;
}
