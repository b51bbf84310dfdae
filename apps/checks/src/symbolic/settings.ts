import { alice, attackersBit, bob } from './sessions.ts'

/** What the attacker has beside the network and its own name, and what holds all the same. */
export interface Setting {
  readonly says: string
  /** Agents whose long-term keys it has from the beginning. */
  readonly stolen: readonly number[]
  /** Exponents that it knows, as a mask. */
  readonly exponents: number
  /** Whether exchange keys stay secret, and prove that the other side is there. */
  readonly secret: boolean
}

/** Those of all sessions, and the attacker's. */
export const everyExponent: number = 2 * attackersBit - 1

export type SettingName = 'network' | 'stolen-key' | 'leaked-shares'

export const settings: Readonly<Record<SettingName, Setting>> = {
  network: { says: 'the network', stolen: [], exponents: attackersBit, secret: true },
  'stolen-key': { says: 'the network and Alice’s signing key', stolen: [alice], exponents: attackersBit, secret: true },
  // Macs prove nothing here: signatures must do alone.
  'leaked-shares': {
    says: 'the network and the secrets behind all shares',
    stolen: [],
    exponents: everyExponent,
    secret: false,
  },
}

/** Whether somebody keeps to the protocol, and nobody else has the key. */
export const isHonest = (setting: Setting, agent: number): boolean =>
  (agent === alice || agent === bob) && !setting.stolen.includes(agent)
