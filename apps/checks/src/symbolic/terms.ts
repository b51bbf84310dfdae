import type { Ingredients } from './mutants.ts'
import { type Element, other, owners, preferred, type Role, type Session, type State, type View } from './sessions.ts'

// Terms as numbers: two are the same term if they are the same number. Encryption is left out, as if everybody could open and replace what is
// sealed: it hides identities from onlookers, and nothing else rests on it.

/** Stands where a field is not part of a term. */
const absent = 3

/** The fields of signatures and macs, each in so many bits. */
function fields(label: number, view: View, first: number, second: number): number {
  const { offer, suite, initiatorShare, responderShare } = view
  return (
    ((((((label * 4 + offer) * 4 + suite) * 32 + initiatorShare) * 32 + responderShare) * 4 + first) * 4 + second) | 0
  )
}

/** @param responder who says to be the responder @param initiator the same; not yet there in the responder's proof */
function proved(
  of: Ingredients,
  role: Role,
  view: View,
  responder: number,
  initiator: number,
  parts: { readonly identities: boolean; readonly peerShare: boolean; readonly suites: boolean },
): number {
  const own = role === 'initiator' ? initiator : responder
  const label = of.roles ? (role === 'initiator' ? 1 : 2) : 0
  const first = !parts.identities ? absent : of.roles ? responder : own
  const second = parts.identities && of.roles && role === 'initiator' ? initiator : absent
  const seen: View = {
    offer: parts.suites ? view.offer : 0,
    suite: parts.suites ? view.suite : absent,
    initiatorShare: role === 'responder' && !parts.peerShare ? 0 : view.initiatorShare,
    responderShare: role === 'initiator' && !parts.peerShare ? 0 : view.responderShare,
  }
  return fields(label, seen, first, second)
}

/** A signature: its signer, and what it is over. */
export function signature(of: Ingredients, role: Role, view: View, responder: number, initiator: number): number {
  const parts = { identities: of.signsIdentities, peerShare: of.signsPeerShare, suites: of.signsSuites }
  const signer = role === 'initiator' ? initiator : responder
  return proved(of, role, view, responder, initiator, parts) * 4 + signer
}

/** A shared secret: its group, and the exponents of one share with the other side's own. */
export interface Shared {
  readonly suite: number
  readonly share: Element
  /** The session whose exponent was put to it. */
  readonly own: number
}

/** A mac: the secret its key comes from, and what it is over. */
export function mac(
  of: Ingredients,
  role: Role,
  view: View,
  responder: number,
  initiator: number,
  secret: Shared,
): number {
  const parts = { identities: of.macsIdentities, peerShare: true, suites: of.macsSuites }
  return proved(of, role, view, responder, initiator, parts) * 1_024 + named(secret)
}

/** Equal for equal secrets: exponents commute. */
function named({ suite, share, own }: Shared): number {
  let name = suite
  for (let bit = 0; bit <= owners.length; bit++) name = name * 3 + ((share >> bit) & 1) + (bit === own ? 1 : 0)
  return name
}

/** The secret of a session that waits or is done. */
export function secretOf(session: Session, own: number): Shared {
  const share = session.role === 'initiator' ? session.responderShare : session.initiatorShare
  return { suite: session.suite, share, own }
}

/** What the attacker has seen. */
export interface Seen {
  /** Sessions whose share it knows, as a mask, for each suite. */
  readonly shares: readonly [number, number]
  readonly signatures: ReadonlySet<number>
  readonly macs: ReadonlySet<number>
}

export function seenIn(state: State, of: Ingredients): Seen {
  const shares: [number, number] = [0, 0]
  const signatures = new Set<number>()
  const macs = new Set<number>()
  for (const [own, session] of state.entries()) {
    if (session === undefined) continue
    const owner = owners[own] as number
    const { role, offer, suite, done, peer } = session
    for (const each of [preferred, other] as const) {
      if (role === 'initiator' ? (offer >> each) & 1 : suite === each) shares[each] |= 1 << own
    }
    if (role === 'initiator' && !done) continue
    // A responder proves itself in its answer, an initiator when it is done.
    const [responder, initiator] = role === 'responder' ? [owner, absent] : [peer, owner]
    signatures.add(signature(of, role, session, responder, initiator))
    macs.add(mac(of, role, session, responder, initiator, secretOf(session, own)))
  }
  return { shares, signatures, macs }
}

/** Whether the attacker can compute a secret. @param exponents those it knows, as a mask */
export function derivesSecret({ suite, share, own }: Shared, { shares }: Seen, exponents: number): boolean {
  // What is left of the exponents when the known ones are put to something: nothing, or one whose share was seen.
  const fromShare = share & ~exponents
  const fromOwn = (1 << own) & ~exponents
  if (fromShare !== 0 && fromOwn !== 0) return false
  const left = fromShare | fromOwn
  return (left & (left - 1)) === 0 && (left & ~shares[suite as 0 | 1]) === 0
}
