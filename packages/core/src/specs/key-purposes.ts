/** What a key is for. It does nothing else (NIST SP 800-57 part 1 rev. 5 §5.2). */
export const keyPurposes = ['encrypt', 'mac', 'sign', 'agree', 'transport', 'derive'] as const

/** A purpose of keys. */
export type KeyPurpose = (typeof keyPurposes)[number]
