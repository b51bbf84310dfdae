// Authenticated exchange: two sides that know each other's signing keys agree on fresh session keys (docs/exchange-v1.md).

export type { ExchangeOptions } from './exchange-options.ts'
export { type StartedExchange, startExchange } from './initiator.ts'
export type { ExchangeRole } from './key-schedule.ts'
export { type Peer, type PeerCheck, peerAmong, peerWithFingerprint } from './peer.ts'
export { type AnsweredExchange, answerExchange } from './responder.ts'
export type { ExchangeSession } from './session.ts'
export type { ExchangeSuite } from './suites.ts'
