// A state of the model: what each session of an honest agent has seen and sent. What the attacker knows follows from it. The attacker is the
// network, and a third identity of good standing, M.

/** Who somebody is: two honest agents, and the attacker under its own name. */
export const alice = 0
export const bob = 1
export const mallory = 2
export const agentNames: readonly string[] = ['Alice', 'Bob', 'Mallory']

/** Which agent each session is of: two each. Sessions of one agent are interchangeable. */
export const owners: readonly number[] = [alice, alice, bob, bob]

/** An element of a group by its exponents: one bit for each session's own, and one for the attacker's. */
export type Element = number
/** The attacker's exponent. A second one would change nothing: nobody asks whether two shares differ. */
export const attackersBit: number = 1 << owners.length

/** Suites: one that everybody prefers, and another. Offers are masks of the two. */
export const preferred = 0
export const other = 1
export const offers = { both: 3, preferred: 1, other: 2 } as const
export const offerNames: Readonly<Record<number, string>> = { 3: 'both suites', 1: 'suite 1', 2: 'suite 2' }

/** What an exchange is about, as one session sees it: both sides must see the same. */
export interface View {
  readonly offer: number
  readonly suite: number
  readonly initiatorShare: Element
  readonly responderShare: Element
}

export type Role = 'initiator' | 'responder'

export interface Session extends View {
  readonly role: Role
  /** Whether it has ended well; otherwise it waits: an initiator for the answer, a responder for the confirmation. */
  readonly done: boolean
  /** Who it believes is on the other side, once it is done. */
  readonly peer: number
}

/** One place for each of `owners`; undefined where none has begun. */
export type State = readonly (Session | undefined)[]

export const initial: State = owners.map(() => undefined)

/** A state with one session changed. */
export const withSession = (state: State, own: number, session: Session): State =>
  state.map((one, at) => (at === own ? session : one))

/** What a session awaits in the place of a share or a peer. */
export const unknown = 0

/** A session in 21 bits. */
function pack(session: Session | undefined, renamed: (element: Element) => Element): number {
  if (session === undefined) return 0
  const { role, done, offer, suite, initiatorShare, responderShare, peer } = session
  let word = role === 'initiator' ? 1 : 2
  word = (word << 1) | (done ? 1 : 0)
  word = (word << 2) | offer
  word = (word << 1) | suite
  word = (word << 5) | renamed(initiatorShare)
  word = (word << 5) | renamed(responderShare)
  return (word << 2) | peer
}

/** Ways to exchange sessions of one agent. */
const orders: readonly (readonly number[])[] = [
  [0, 1, 2, 3],
  [1, 0, 2, 3],
  [0, 1, 3, 2],
  [1, 0, 3, 2],
]
/** For each order, what an element becomes. */
const renamings = orders.map((order) =>
  Array.from({ length: attackersBit * 2 }, (_, element) => {
    let renamed = element & attackersBit
    for (const [to, from] of order.entries()) if ((element >> from) & 1) renamed |= 1 << to
    return renamed
  }),
)

/** One array of words for all states that differ only in the order of an agent's sessions: the smallest of them. */
export function canonical(state: State): readonly number[] {
  let least: number[] | undefined
  for (const [i, order] of orders.entries()) {
    const renaming = renamings[i] as readonly number[]
    const words = order.map((from) => pack(state[from], (element) => renaming[element] as number))
    if (least === undefined || isLess(words, least)) least = words
  }
  return least as number[]
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (const [i, word] of a.entries()) {
    if (word !== b[i]) return word < (b[i] as number)
  }
  return false
}
