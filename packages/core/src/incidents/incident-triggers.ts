/** Events that ask for rotation now (requirement R2), and what becomes of the versions that were in use. */
export const incidentTriggers = {
  compromise: { says: 'key material may be known to others', marks: 'compromised' },
  departure: { says: 'somebody with access leaves', marks: 'none' },
  'audit-finding': { says: 'an audit found a weakness', marks: 'none' },
  regulation: { says: 'a rule asks for it', marks: 'none' },
  'weak-algorithm': { says: 'an algorithm was found weak', marks: 'none' },
} as const

export type IncidentTrigger = keyof typeof incidentTriggers
