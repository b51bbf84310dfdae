import { KmsError } from '../../errors.ts'

/** @throws `invalid-argument` unless `holds` */
export function requireThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new KmsError('invalid-argument', otherwise)
}

/** Whether `value` is a whole number from `least` to `most`. */
export const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most
