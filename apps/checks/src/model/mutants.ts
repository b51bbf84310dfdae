/** Defects that can be planted: the search finds each, or it checks nothing. */
export const mutants = {
  'no-lease-wait': 'a rotation is done without waiting for leases',
  'short-wait': 'a retirement waits less than a lease',
  'retire-before-leases': 'retiring a version says at once that it has settled',
  'lease-from-the-end': 'a lease runs from the end of the reading, not from its beginning',
  'lease-without-reading': 'a lease is renewed without taking what was read',
  'no-compare': 'a change is committed whatever was committed since it was built',
  'laundering-cancel': 'cancelling a destruction gives a compromised version back',
  'laundering-enable': 'enabling gives a compromised version back',
  'suspended-forgets': 'a suspended version becomes active, wherever it came from',
  'two-primaries': 'the old primary goes on saying that it is the primary',
  'early-activation': 'the primary moves before every process has the new version',
  'untested-import': 'an imported version becomes the primary untested',
  'destroys-used': 'a version is destroyed without looking whether it ever protected data',
  'late-rollback': 'a rotation is taken back after the old version was retired',
  'lost-rotation': 'a crash between two commits loses the record of a rotation',
  'activates-compromised': 'a rotation goes on to a version that was compromised meanwhile',
  'stuck-rotation': 'a rotation whose version was compromised stands in the way of the next',
  'forgets-from': 'a rotation retires what was the primary when it began',
  'suspended-escapes': 'a version that is suspended at the end of its transition is not retired',
  'activates-revoked': 'a rotation goes on though the primary was disabled meanwhile',
  'rollback-enables': 'taking a rotation back retires its version though that is disabled',
  'incident-leaves-pending': 'an incident leaves the rotation under way, whose version was there before it',
  'incident-done-first': 'an incident records a key as done before it acts on it',
  'incident-forgets': 'an incident does not record the keys it acted on',
} as const

export type Mutant = keyof typeof mutants

/** Mutants that show with two keys alone. */
export const ofTwoKeys: readonly Mutant[] = ['incident-leaves-pending', 'incident-done-first', 'incident-forgets']
