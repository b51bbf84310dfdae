// Opcodes (WebAssembly core specification 2.0, §5.4) of what the module is made of, and the calls and tables that leaky code might
// use. One that is missing here is an error when a module is read, not an instruction that goes unseen.

/** What stands after an opcode. */
type Operand = '' | 'block' | 'index' | 'address' | 'i32' | 'i64' | 'f64' | 'v128' | 'lane' | 'zero' | 'two zeros'

export interface Operator {
  readonly name: string
  readonly operand: Operand
}

const plain: Readonly<Record<number, string>> = {
  0: 'unreachable', 1: 'nop', 2: 'block', 3: 'loop', 4: 'if', 5: 'else', 11: 'end', 12: 'br', 13: 'br_if', 15: 'return', 16: 'call',
  26: 'drop', 27: 'select', 32: 'local.get', 33: 'local.set', 34: 'local.tee', 35: 'global.get', 36: 'global.set',
  40: 'i32.load', 41: 'i64.load', 45: 'i32.load8_u', 47: 'i32.load16_u', 49: 'i64.load8_u', 53: 'i64.load32_u',
  54: 'i32.store', 55: 'i64.store', 58: 'i32.store8', 59: 'i32.store16', 60: 'i64.store8', 62: 'i64.store32',
  65: 'i32.const', 66: 'i64.const', 68: 'f64.const',
  69: 'i32.eqz', 70: 'i32.eq', 71: 'i32.ne', 72: 'i32.lt_s', 73: 'i32.lt_u', 74: 'i32.gt_s', 75: 'i32.gt_u', 76: 'i32.le_s', 77: 'i32.le_u',
  78: 'i32.ge_s', 79: 'i32.ge_u', 80: 'i64.eqz', 81: 'i64.eq', 82: 'i64.ne', 84: 'i64.lt_u', 86: 'i64.gt_u', 88: 'i64.le_u', 90: 'i64.ge_u',
  97: 'f64.eq',
  98: 'f64.ne',
  99: 'f64.lt',
  100: 'f64.gt',
  101: 'f64.le',
  102: 'f64.ge',
  156: 'f64.floor',
  157: 'f64.trunc',
  106: 'i32.add', 107: 'i32.sub', 108: 'i32.mul', 110: 'i32.div_u', 112: 'i32.rem_u', 113: 'i32.and', 114: 'i32.or', 115: 'i32.xor',
  116: 'i32.shl', 117: 'i32.shr_s', 118: 'i32.shr_u', 119: 'i32.rotl', 120: 'i32.rotr',
  124: 'i64.add', 125: 'i64.sub', 126: 'i64.mul', 128: 'i64.div_u', 130: 'i64.rem_u', 131: 'i64.and', 132: 'i64.or', 133: 'i64.xor',
  134: 'i64.shl', 136: 'i64.shr_u', 137: 'i64.rotl', 138: 'i64.rotr', 167: 'i32.wrap_i64', 172: 'i64.extend_i32_s', 173: 'i64.extend_i32_u',
  184: 'f64.convert_i32_u', 183: 'f64.convert_i32_s', 186: 'f64.convert_i64_u',
} // biome-ignore format: a table

const saturating: Readonly<Record<number, string>> = { 7: 'i64.trunc_sat_f64_u', 10: 'memory.copy', 11: 'memory.fill' }

const vector: Readonly<Record<number, string>> = {
  0: 'v128.load', 7: 'v128.load8_splat', 9: 'v128.load32_splat', 11: 'v128.store', 12: 'v128.const', 13: 'i8x16.shuffle',
  14: 'i8x16.swizzle', 15: 'i8x16.splat', 17: 'i32x4.splat', 18: 'i64x2.splat', 27: 'i32x4.extract_lane', 28: 'i32x4.replace_lane',
  29: 'i64x2.extract_lane', 30: 'i64x2.replace_lane', 35: 'i8x16.eq', 78: 'v128.and', 80: 'v128.or', 81: 'v128.xor', 82: 'v128.bitselect',
  83: 'v128.any_true', 107: 'i8x16.shl', 108: 'i8x16.shr_s', 109: 'i8x16.shr_u', 171: 'i32x4.shl', 173: 'i32x4.shr_u', 174: 'i32x4.add',
  203: 'i64x2.shl', 205: 'i64x2.shr_u', 206: 'i64x2.add',
} // biome-ignore format: a table

const operands: Readonly<Record<string, Operand>> = {
  block: 'block', loop: 'block', if: 'block', br: 'index', br_if: 'index', call: 'index', 'local.get': 'index', 'local.set': 'index',
  'local.tee': 'index', 'global.get': 'index', 'global.set': 'index', 'i32.const': 'i32', 'i64.const': 'i64', 'f64.const': 'f64',
  'v128.const': 'v128', 'i8x16.shuffle': 'v128', 'memory.copy': 'two zeros', 'memory.fill': 'zero',
} // biome-ignore format: a table

/** Reads an opcode. @throws Error for one that is not in the tables */
export function operatorOf(byte: () => number, unsigned: () => number, at: number): Operator {
  const first = byte()
  const [table, code] =
    first === 0xfc ? [saturating, unsigned()] : first === 0xfd ? [vector, unsigned()] : [plain, first]
  const name = table[code]
  if (name === undefined) throw new Error(`Opcode ${first}, ${code} at ${at} is not known to this reader.`)
  return {
    name,
    operand: operands[name] ?? (/load|store/.test(name) ? 'address' : name.endsWith('_lane') ? 'lane' : ''),
  }
}
