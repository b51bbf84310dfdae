import type { Ingredients } from './mutants.ts'
import {
  agentNames,
  alice,
  attackersBit,
  bob,
  type Element,
  mallory,
  offerNames,
  offers,
  other,
  owners,
  preferred,
  type Role,
  type Session,
  type State,
  unknown,
  type View,
  withSession,
} from './sessions.ts'
import type { Setting } from './settings.ts'
import { derivesSecret, mac, type Seen, secretOf, signature } from './terms.ts'

/** Told of each thing that can happen in a state. */
export type Emit = (label: () => string, next: State) => void

/** Honest agents under any parameters, and an attacker who sends whatever it can make: everything that can happen next. */
export function successors(state: State, seen: Seen, of: Ingredients, setting: Setting, emit: Emit): void {
  // Of an agent's sessions that have not begun, the first: they are interchangeable.
  const fresh = [alice, bob].map((agent) => state.findIndex((one, at) => one === undefined && owners[at] === agent))
  // Bob first, once Alice has begun: an attack then is told of two where it needs no more than one.
  if (state[0] !== undefined) fresh.reverse()
  for (const own of fresh) if (own !== -1) begin(state, own, seen, emit)
  for (const [own, session] of state.entries()) {
    if (session === undefined || session.done) continue
    for (const next of session.role === 'initiator' ? answered(session, seen, own) : [session]) {
      for (const peer of [alice, bob, mallory]) {
        if (!canProve(next, own, peer, seen, of, setting)) continue
        const label = (): string =>
          `${name(own)} accepts ${agentNames[peer]} as ${session.role === 'initiator' ? `responder, with suite ${next.suite + 1} and the share ${shown(next.responderShare)}` : 'initiator'}`
        emit(label, withSession(state, own, { ...next, done: true, peer }))
      }
    }
  }
}

/** An initiator sends its offer; or a responder takes one, from whomever it may be, and answers. */
function begin(state: State, own: number, seen: Seen, emit: Emit): void {
  for (const offer of [offers.both, offers.other]) {
    const session: Session = {
      role: 'initiator',
      done: false,
      offer,
      suite: unknown,
      initiatorShare: 1 << own,
      responderShare: unknown,
      peer: unknown,
    }
    emit(() => `${name(own)} begins, and offers ${offerNames[offer]}`, withSession(state, own, session))
  }
  for (const offer of Object.values(offers)) {
    const suite = offer & 1 ? preferred : other
    for (const initiatorShare of elements(suite, seen)) {
      const session: Session = {
        role: 'responder',
        done: false,
        offer,
        suite,
        initiatorShare,
        responderShare: 1 << own,
        peer: unknown,
      }
      const label = (): string =>
        `${name(own)} answers an offer of ${offerNames[offer]} with suite ${suite + 1}, to the share ${shown(initiatorShare)}`
      emit(label, withSession(state, own, session))
    }
  }
}

/** What an initiator may be answered: each suite that it offered, with each share that the attacker can make. */
function* answered(session: Session, seen: Seen, own: number): Iterable<Session> {
  for (const suite of [preferred, other]) {
    if (((session.offer >> suite) & 1) === 0) continue
    for (const responderShare of elements(suite, seen)) {
      yield { ...session, suite, initiatorShare: 1 << own, responderShare }
    }
  }
}

/** Elements that the attacker can make: its own, those it saw, and those with its exponent put to them. */
function elements(suite: number, { shares }: Seen): Element[] {
  const made: Element[] = [attackersBit]
  for (const own of owners.keys()) {
    const bit = 1 << own
    if (((shares[suite as 0 | 1] >> own) & 1) === 1) made.push(bit, bit | attackersBit)
  }
  return made
}

/** Whether the attacker can have a session accept `peer`: it has seen, or can make, the signature and the mac that the session asks for. */
function canProve(session: Session, own: number, peer: number, seen: Seen, of: Ingredients, setting: Setting): boolean {
  const owner = owners[own] as number
  const role: Role = session.role === 'initiator' ? 'responder' : 'initiator'
  const [responder, initiator] = role === 'responder' ? [peer, 3] : [owner, peer]
  const view: View = session
  const signs = peer === mallory || setting.stolen.includes(peer)
  if (!signs && !seen.signatures.has(signature(of, role, view, responder, initiator))) return false
  if (!of.mac) return true
  const secret = secretOf(session, own)
  return (
    derivesSecret(secret, seen, setting.exponents) || seen.macs.has(mac(of, role, view, responder, initiator, secret))
  )
}

const name = (own: number): string => `${agentNames[owners[own] as number]}’s session ${own + 1}`

function shown(element: Element): string {
  const parts = [...owners.keys()].filter((own) => (element >> own) & 1).map((own) => `x${own + 1}`)
  return `g^${[...parts, ...(element & attackersBit ? ['m'] : [])].join('·')}`
}
