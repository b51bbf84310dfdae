import type { Ingredients } from './mutants.ts'
import { agentNames, mallory, owners, type Session, type State } from './sessions.ts'
import { everyExponent, isHonest, type Setting } from './settings.ts'
import { derivesSecret, type Seen, secretOf } from './terms.ts'

/** What must not be in a state, of whatever session is done; undefined if nothing is. */
export function wrongIn(state: State, seen: Seen, of: Ingredients, setting: Setting): string | undefined {
  for (const [own, session] of state.entries()) {
    if (session === undefined || !session.done) continue
    const wrong =
      wrongSecret(session, own, seen, of, setting) ??
      wrongAgreement(state, session, own, setting) ??
      wrongConfirmation(session, own, seen, setting)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** Secrecy, forward too: what is known of exponents when every long-term key has leaked is what counts. */
function wrongSecret(session: Session, own: number, seen: Seen, of: Ingredients, setting: Setting): string | undefined {
  if (!setting.secret || !isHonest(setting, session.peer)) return undefined
  const later = of.ephemeral ? setting.exponents : everyExponent
  if (derivesSecret(secretOf(session, own), seen, setting.exponents))
    return `${told(session, own)}; Mallory has the keys`
  if (derivesSecret(secretOf(session, own), seen, later)) {
    return `${told(session, own)}; Mallory has the keys once the long-term keys have leaked`
  }
  return undefined
}

/**
 * Injective agreement: the peer has a session in the other role with the same suites and shares, and nobody else has one that fits it. A
 * responder's peer is done, with the responder. An initiator's is not done, or with the initiator; where the secrets behind shares are known
 * whoever knows them can take the initiator's place under its own name, so there it is not asked.
 */
function wrongAgreement(state: State, session: Session, own: number, setting: Setting): string | undefined {
  if (!isHonest(setting, session.peer)) return undefined
  const owner = owners[own] as number
  const partner = state.find((one, at) => at !== own && owners[at] === session.peer && fits(one, session))
  const name = agentNames[session.peer]
  if (partner === undefined) return `${told(session, own)}; ${name} has no exchange that fits`
  if (
    state.some(
      (one, at) => at !== own && owners[at] === owner && one?.role === session.role && one.done && same(one, session),
    )
  ) {
    return `${told(session, own)}, twice; ${name} once`
  }
  if (partner.done ? partner.peer === owner : session.role === 'initiator') return undefined
  if (session.role === 'initiator' && !setting.secret) return undefined
  return partner.done
    ? `${told(session, own)}; ${name} believes to be with ${agentNames[partner.peer]}`
    : `${told(session, own)}; ${name} does not know it`
}

/** Key confirmation, and with it no unknown key share: whoever is taken for the other side has the keys. */
function wrongConfirmation(session: Session, own: number, seen: Seen, setting: Setting): string | undefined {
  if (session.peer !== mallory || derivesSecret(secretOf(session, own), seen, setting.exponents)) return undefined
  return `${told(session, own)}, who has not the keys`
}

const fits = (one: Session | undefined, session: Session): one is Session =>
  one !== undefined && one.role !== session.role && same(one, session)

function same(one: Session, session: Session): boolean {
  return (
    one.offer === session.offer &&
    one.suite === session.suite &&
    one.initiatorShare === session.initiatorShare &&
    one.responderShare === session.responderShare
  )
}

const told = ({ role, peer }: Session, own: number): string =>
  `${agentNames[owners[own] as number]} (${role}) believes to be with ${agentNames[peer]}`
