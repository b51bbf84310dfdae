/** What the exchange's proofs are made of (docs/exchange-v1.md). A mutant leaves something out. */
export interface Ingredients {
  /** The signature is over who signs, and the initiator's over the responder as well. */
  readonly signsIdentities: boolean
  /** So is the mac. */
  readonly macsIdentities: boolean
  /** The signature is over the other side's share, not only the signer's. */
  readonly signsPeerShare: boolean
  /** What is signed and maced says by which role, and of which role each identity is. */
  readonly roles: boolean
  /** There is a mac, and it is checked. */
  readonly mac: boolean
  /** The signature is over the suites that were offered and the one that was taken. */
  readonly signsSuites: boolean
  /** So is the mac. */
  readonly macsSuites: boolean
  /** Shares are made for one exchange; otherwise they follow from the long-term keys. */
  readonly ephemeral: boolean
}

/** The protocol as it is. */
const whole: Ingredients = {
  signsIdentities: true,
  macsIdentities: true,
  signsPeerShare: true,
  roles: true,
  mac: true,
  signsSuites: true,
  macsSuites: true,
  ephemeral: true,
}

/** Defects that can be planted: the search finds each, or it checks nothing. */
export const mutants = {
  'identity-unsigned': ['identities are taken out of the signature', { signsIdentities: false }],
  'identity-unmaced': ['identities are taken out of the mac', { macsIdentities: false }],
  'identity-unbound': ['identities are in neither', { signsIdentities: false, macsIdentities: false }],
  'no-mac': ['there is no mac', { mac: false }],
  'peer-share-unsigned': ['each side signs its own share alone', { signsPeerShare: false }],
  'no-roles': ['what is signed and maced says nothing of roles', { roles: false }],
  'suites-unsigned': ['suites are taken out of the signature', { signsSuites: false }],
  'suites-unbound': ['suites are in neither', { signsSuites: false, macsSuites: false }],
  'static-shares': ['shares follow from the long-term keys', { ephemeral: false }],
} as const

export type Mutant = keyof typeof mutants

export function ingredients(mutant: Mutant | undefined): Ingredients {
  return mutant === undefined ? whole : { ...whole, ...mutants[mutant][1] }
}
