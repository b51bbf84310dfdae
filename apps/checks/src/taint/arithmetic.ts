// What instructions compute (WebAssembly core specification 2.0, §4.3): i32 as a number, signed; i64 as a bigint, unsigned; v128 as 16 bytes.

export type Bits = number | bigint | Uint8Array

const i32 =
  (f: (a: number, b: number) => number) =>
  (a: Bits, b: Bits): Bits =>
    f(a as number, b as number) | 0
const u32 =
  (f: (a: number, b: number) => number) =>
  (a: Bits, b: Bits): Bits =>
    f((a as number) >>> 0, (b as number) >>> 0) | 0
const test32 =
  (f: (a: number, b: number) => boolean) =>
  (a: Bits, b: Bits): Bits =>
    Number(f((a as number) >>> 0, (b as number) >>> 0))
const number =
  (f: (a: number, b: number) => boolean) =>
  (a: Bits, b: Bits): Bits =>
    Number(f(a as number, b as number))
const u64 =
  (f: (a: bigint, b: bigint) => bigint) =>
  (a: Bits, b: Bits): Bits =>
    BigInt.asUintN(64, f(a as bigint, b as bigint))
const test64 =
  (f: (a: bigint, b: bigint) => boolean) =>
  (a: Bits, b: Bits): Bits =>
    Number(f(a as bigint, b as bigint))
const bytes =
  (f: (a: number, b: number) => number) =>
  (a: Bits, b: Bits): Bits =>
    (a as Uint8Array).map((x, i) => f(x, (b as Uint8Array)[i] as number))

const view = (x: Bits): DataView => new DataView((x as Uint8Array).buffer, (x as Uint8Array).byteOffset, 16)

function lanes32(f: (lane: number, i: number) => number): Uint8Array {
  const result = new DataView(new ArrayBuffer(16))
  for (let i = 0; i < 4; i++) result.setInt32(4 * i, f(i, i) | 0, true)
  return new Uint8Array(result.buffer)
}

function lanes64(f: (i: number) => bigint): Uint8Array {
  const result = new DataView(new ArrayBuffer(16))
  for (let i = 0; i < 2; i++) result.setBigUint64(8 * i, BigInt.asUintN(64, f(i)), true)
  return new Uint8Array(result.buffer)
}

const lane32 = (x: Bits, i: number): number => view(x).getInt32(4 * i, true)
const lane64 = (x: Bits, i: number): bigint => view(x).getBigUint64(8 * i, true)
const shift = (by: Bits, bits: number): number => (by as number) & (bits - 1)

export const unary: Readonly<Record<string, (a: Bits) => Bits>> = {
  'i32.eqz': (a) => Number(a === 0),
  'i64.eqz': (a) => Number(a === 0n),
  'i32.wrap_i64': (a) => Number(BigInt.asIntN(32, a as bigint)),
  'i64.extend_i32_s': (a) => BigInt.asUintN(64, BigInt(a as number)),
  'i64.extend_i32_u': (a) => BigInt((a as number) >>> 0),
  'f64.convert_i32_s': (a) => a,
  'f64.convert_i32_u': (a) => (a as number) >>> 0,
  'f64.convert_i64_u': (a) => Number(a),
  'i64.trunc_sat_f64_u': (a) => {
    const x = Math.trunc(a as number)
    return x > 0 ? (x < 2 ** 64 ? BigInt(x) : 2n ** 64n - 1n) : 0n
  },
  'f64.floor': (a) => Math.floor(a as number),
  'f64.trunc': (a) => Math.trunc(a as number),
  'i8x16.splat': (a) => new Uint8Array(16).fill((a as number) & 255),
  'i32x4.splat': (a) => lanes32(() => a as number),
  'i64x2.splat': (a) => lanes64(() => a as bigint),
  'v128.any_true': (a) => Number((a as Uint8Array).some((x) => x !== 0)),
}

export const binary: Readonly<Record<string, (a: Bits, b: Bits) => Bits>> = {
  'i32.eq': test32((a, b) => a === b),
  'i32.ne': test32((a, b) => a !== b),
  'i32.lt_u': test32((a, b) => a < b),
  'i32.gt_u': test32((a, b) => a > b),
  'i32.le_u': test32((a, b) => a <= b),
  'i32.ge_u': test32((a, b) => a >= b),
  'i32.lt_s': number((a, b) => a < b),
  'i32.gt_s': number((a, b) => a > b),
  'i32.le_s': number((a, b) => a <= b),
  'i32.ge_s': number((a, b) => a >= b),
  'i32.add': i32((a, b) => a + b),
  'i32.sub': i32((a, b) => a - b),
  'i32.mul': i32(Math.imul),
  'i32.div_u': u32((a, b) => Math.floor(a / b)),
  'i32.rem_u': u32((a, b) => a % b),
  'i32.and': i32((a, b) => a & b),
  'i32.or': i32((a, b) => a | b),
  'i32.xor': i32((a, b) => a ^ b),
  'i32.shl': i32((a, b) => a << b),
  'i32.shr_s': i32((a, b) => a >> b),
  'i32.shr_u': i32((a, b) => a >>> b),
  'i32.rotl': i32((a, b) => (a << b) | (a >>> (32 - (b & 31)))),
  'i32.rotr': i32((a, b) => (a >>> b) | (a << (32 - (b & 31)))),
  'f64.eq': number((a, b) => a === b),
  'f64.ne': number((a, b) => a !== b),
  'f64.lt': number((a, b) => a < b),
  'f64.gt': number((a, b) => a > b),
  'f64.le': number((a, b) => a <= b),
  'f64.ge': number((a, b) => a >= b),
  'i64.eq': test64((a, b) => a === b),
  'i64.ne': test64((a, b) => a !== b),
  'i64.lt_u': test64((a, b) => a < b),
  'i64.gt_u': test64((a, b) => a > b),
  'i64.le_u': test64((a, b) => a <= b),
  'i64.ge_u': test64((a, b) => a >= b),
  'i64.add': u64((a, b) => a + b),
  'i64.sub': u64((a, b) => a - b),
  'i64.mul': u64((a, b) => a * b),
  'i64.div_u': u64((a, b) => a / b),
  'i64.rem_u': u64((a, b) => a % b),
  'i64.and': u64((a, b) => a & b),
  'i64.or': u64((a, b) => a | b),
  'i64.xor': u64((a, b) => a ^ b),
  'i64.shl': u64((a, b) => a << (b & 63n)),
  'i64.shr_u': u64((a, b) => a >> (b & 63n)),
  'i64.rotl': u64((a, b) => (a << (b & 63n)) | (a >> ((64n - (b & 63n)) & 63n))),
  'i64.rotr': u64((a, b) => (a >> (b & 63n)) | (a << ((64n - (b & 63n)) & 63n))),
  'i8x16.eq': bytes((a, b) => (a === b ? 255 : 0)),
  'v128.and': bytes((a, b) => a & b),
  'v128.or': bytes((a, b) => a | b),
  'v128.xor': bytes((a, b) => a ^ b),
  'i8x16.swizzle': (a, b) => (b as Uint8Array).map((i) => (a as Uint8Array)[i] ?? 0),
  'i8x16.shl': (a, by) => (a as Uint8Array).map((x) => x << shift(by, 8)),
  'i8x16.shr_u': (a, by) => (a as Uint8Array).map((x) => x >> shift(by, 8)),
  'i8x16.shr_s': (a, by) => (a as Uint8Array).map((x) => ((x << 24) >> 24) >> shift(by, 8)),
  'i32x4.shl': (a, by) => lanes32((i) => lane32(a, i) << shift(by, 32)),
  'i32x4.shr_u': (a, by) => lanes32((i) => lane32(a, i) >>> shift(by, 32)),
  'i32x4.add': (a, b) => lanes32((i) => lane32(a, i) + lane32(b, i)),
  'i64x2.shl': (a, by) => lanes64((i) => lane64(a, i) << BigInt(shift(by, 64))),
  'i64x2.shr_u': (a, by) => lanes64((i) => lane64(a, i) >> BigInt(shift(by, 64))),
  'i64x2.add': (a, b) => lanes64((i) => lane64(a, i) + lane64(b, i)),
}

/** With an immediate: a lane, or a shuffle's pattern. */
export const extracted: Readonly<Record<string, (a: Bits, lane: number) => Bits>> = {
  'i32x4.extract_lane': lane32,
  'i64x2.extract_lane': lane64,
}

export const combined: Readonly<Record<string, (a: Bits, b: Bits, immediate: Bits) => Bits>> = {
  'i32x4.replace_lane': (a, b, lane) => lanes32((i) => (i === lane ? (b as number) : lane32(a, i))),
  'i64x2.replace_lane': (a, b, lane) => lanes64((i) => (i === lane ? (b as bigint) : lane64(a, i))),
  'i8x16.shuffle': (a, b, pattern) =>
    (pattern as Uint8Array).map((i) => (i < 16 ? (a as Uint8Array)[i] : (b as Uint8Array)[i - 16]) as number),
}

export const bitselect = (a: Bits, b: Bits, mask: Bits): Bits =>
  (mask as Uint8Array).map((m, i) => (((a as Uint8Array)[i] as number) & m) | (((b as Uint8Array)[i] as number) & ~m))
