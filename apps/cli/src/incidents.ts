import type { IncidentTrigger } from '@kms/core'

/** What `kms incident` takes, and says of it: help must not load the library. */
export const incidents: Readonly<Record<IncidentTrigger, string>> = {
  compromise: 'key material may be known to others: what is in use is marked for good, new versions protect new data',
  departure: 'somebody with access leaves: new versions protect new data',
  'audit-finding': 'an audit found a weakness: new versions protect new data',
  regulation: 'a rule asks for it: new versions protect new data',
  'weak-algorithm': 'an algorithm was found weak: new versions protect new data',
}
