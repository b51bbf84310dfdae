import { expect, test } from 'vitest'
import { type Mutant, mutants } from '../../src/symbolic/mutants.ts'
import { search } from '../../src/symbolic/search.ts'
import { type SettingName, settings } from '../../src/symbolic/settings.ts'

const names = Object.keys(settings) as SettingName[]

test.each(names)('three sessions, attacker with %s: exchanges are done, and none is attacked', (setting) => {
  const { completed, attack } = search(setting, undefined, 3)
  expect(completed).toBeGreaterThan(1_000)
  expect(attack).toBeUndefined()
})

test.each(Object.keys(mutants) as Mutant[])('two sessions show what is wrong with %s', (mutant) => {
  const attacks = names.map((setting) => search(setting, mutant, 2).attack)
  expect(attacks.some((attack) => attack !== undefined)).toBe(true)
})

test('without identities in the signature, Bob takes for his what Alice meant for Mallory', () => {
  const { attack } = search('leaked-shares', 'identity-unsigned', 2)
  expect(attack?.wrong).toBe('Bob (responder) believes to be with Alice; Alice believes to be with Mallory')
  expect(attack?.steps).toHaveLength(4)
})
