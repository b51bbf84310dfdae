/** Key encapsulation mechanisms that envelopes are sealed to, by their common names. */
export type KemName = 'P-256' | 'X25519' | 'X-Wing'

/** A mechanism of HPKE, its lengths in bytes. */
export interface Kem {
  readonly name: KemName
  /** IANA's number, HPKE KEM Identifiers. */
  readonly id: number
  /** A public key as HPKE serialises it (RFC 9180 §7.1, `Npk`). */
  readonly publicKeyLength: number
  /** `Nsk`; of X-Wing, its seed. */
  readonly privateKeyLength: number
  /** An encapsulated key, `Nenc`. */
  readonly encapsulatedLength: number
}

/** X-Wing is ML-KEM-768 with X25519 (draft-connolly-cfrg-xwing-kem); experimental until its RFC. */
export const kems: Readonly<Record<KemName, Kem>> = {
  'P-256': { name: 'P-256', id: 0x0010, publicKeyLength: 65, privateKeyLength: 32, encapsulatedLength: 65 },
  X25519: { name: 'X25519', id: 0x0020, publicKeyLength: 32, privateKeyLength: 32, encapsulatedLength: 32 },
  'X-Wing': { name: 'X-Wing', id: 0x647a, publicKeyLength: 1216, privateKeyLength: 32, encapsulatedLength: 1120 },
}

/** @returns undefined for a number that is not in the table */
export function kemById(id: number): Kem | undefined {
  return Object.values(kems).find((kem) => kem.id === id)
}
