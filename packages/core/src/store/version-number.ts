import { KmsError } from '../errors.ts'

// A version's number is u32 = incarnation u16 ‖ serial u16, so that a restored store never gives one number twice.

/** The number of a version from its incarnation (0 to 65,535) and serial (1 to 65,535). @throws `limit-exceeded` */
export function versionNumber(incarnation: number, serial: number): number {
  if (serial > 0xffff) {
    throw new KmsError('limit-exceeded', 'A key has at most 65,535 versions in one incarnation of its store.')
  }
  return incarnation * 0x10000 + serial
}

export const incarnationOf = (number: number): number => Math.floor(number / 0x10000)

/** The number that comes after those of a key, in an incarnation. @throws `limit-exceeded` after 65,535 */
export function nextNumber(newest: readonly number[], incarnation: number): number {
  const serials = newest.filter((one) => incarnationOf(one) === incarnation).map((one) => one % 0x10000)
  return versionNumber(incarnation, Math.max(0, ...serials) + 1)
}

/** As people read it: `3`, or `r5f2a.3` for incarnations after the first. */
export function versionLabel(number: number): string {
  const incarnation = incarnationOf(number)
  const serial = number % 0x10000
  return incarnation === 0 ? String(serial) : `r${incarnation.toString(16).padStart(4, '0')}.${serial}`
}

/** Reads `3` and `r5f2a.3`. @throws `invalid-argument` */
export function parseVersionLabel(label: string | number): number {
  const match = /^(?:r([0-9a-f]{4})\.)?([1-9][0-9]{0,4})$/.exec(String(label))
  const serial = Number(match?.[2])
  if (match === null || serial > 0xffff) {
    throw new KmsError('invalid-argument', 'A key version is written 3, or r5f2a.3 after a restore.')
  }
  return versionNumber(Number.parseInt(match[1] ?? '0', 16), serial)
}
