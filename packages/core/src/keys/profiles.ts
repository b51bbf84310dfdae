import { KmsError } from '../errors.ts'

// Named rotation profiles (requirement R1): how long a version protects new data, and how long it processes old data (NIST SP 800-57
// part 1 rev. 5 §5.3: originator- and recipient-usage periods). The one table: code, command line and docs read it.

// The rules were read again in 2026-11: ballots SC-081v3 and CSC-31 on cabforum.org, PCI DSS v4.0.1 requirement 3.7.4.

/** The longest period that a rule allows from a day on. */
export interface Ceiling {
  /** `2026-03-15`: from when the rule is in force. */
  readonly from: string
  readonly days: number
  readonly source: string
}

export interface Profile {
  readonly says: string
  /** Days for which a version protects, unless asked otherwise. */
  readonly rotationDays: number
  /** Days for which it processes, from its making, unless asked otherwise; 0: no end. */
  readonly processingDays: number
  /** What `rotationDays` may be at most: the strictest in force. */
  readonly ceilings: readonly Ceiling[]
}

const sp80057 = 'NIST SP 800-57 part 1 rev. 5, §5.3.6, table 1'

export type ProfileName = 'data-key' | 'high-security' | 'pci-dss' | 'tls' | 'code-signing' | 'ssh' | 'mail-signing'

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  'data-key': {
    says: 'data encrypted in databases and files',
    rotationDays: 365,
    processingDays: 365 + 3 * 365,
    ceilings: [
      {
        from: '2020-05-04',
        days: 730,
        source: `${sp80057}: symmetric data-encryption key, 2 years, 3 more to decrypt`,
      },
    ],
  },
  'high-security': {
    says: 'data whose loss would be grave',
    rotationDays: 90,
    processingDays: 90 + 3 * 365,
    ceilings: [
      { from: '2020-05-04', days: 90, source: 'requirement R1 of this project; under the 2 years of NIST SP 800-57' },
    ],
  },
  'pci-dss': {
    says: 'cardholder data',
    rotationDays: 365,
    processingDays: 0,
    ceilings: [
      {
        from: '2024-03-31',
        days: 365,
        source:
          'PCI DSS v4.0.1, requirement 3.7.4: at the end of a defined cryptoperiod; one year is taken for it here',
      },
    ],
  },
  tls: {
    says: 'keys of TLS certificates',
    rotationDays: 100,
    processingDays: 0,
    ceilings: [
      { from: '2020-09-01', days: 398, source: 'CA/Browser Forum, TLS Baseline Requirements §6.3.2' },
      { from: '2026-03-15', days: 200, source: 'CA/Browser Forum, ballot SC-081v3' },
      { from: '2027-03-15', days: 100, source: 'CA/Browser Forum, ballot SC-081v3' },
      { from: '2029-03-15', days: 47, source: 'CA/Browser Forum, ballot SC-081v3' },
    ],
  },
  'code-signing': {
    says: 'keys that sign releases',
    rotationDays: 365,
    processingDays: 0,
    ceilings: [
      { from: '2020-05-04', days: 1_095, source: `${sp80057}: private signature key, 1 to 3 years` },
      { from: '2026-03-01', days: 460, source: 'CA/Browser Forum, Code Signing Baseline Requirements, ballot CSC-31' },
    ],
  },
  ssh: {
    says: 'keys of people and machines for SSH; also kms incident departure when somebody leaves',
    rotationDays: 365,
    processingDays: 0,
    ceilings: [
      { from: '2020-05-04', days: 730, source: `${sp80057}: private authentication key, 1 to 2 years` },
      { from: '2026-01-01', days: 365, source: 'requirement R1 of this project: one year, and when somebody leaves' },
    ],
  },
  'mail-signing': {
    says: 'keys that sign mail',
    rotationDays: 730,
    processingDays: 0,
    ceilings: [{ from: '2020-05-04', days: 1_095, source: `${sp80057}: private signature key, 1 to 3 years` }],
  },
}

/** A profile by name. @throws `invalid-argument` */
export function profileNamed(name: string): Profile {
  if (Object.hasOwn(profiles, name)) return profiles[name as ProfileName]
  throw new KmsError('invalid-argument', `A profile is one of ${Object.keys(profiles).join(', ')}.`)
}

/** The strictest ceiling in force at a time, and the one that comes next. */
export function ceilingAt(
  { ceilings }: Profile,
  time: number,
): { readonly now: Ceiling | undefined; readonly next: Ceiling | undefined } {
  const inForce = ceilings.filter(({ from }) => Date.parse(from) <= time)
  const strictest = inForce.reduce<Ceiling | undefined>(
    (a, b) => (a === undefined || b.days <= a.days ? b : a),
    undefined,
  )
  return { now: strictest, next: ceilings.find(({ from }) => Date.parse(from) > time) }
}
