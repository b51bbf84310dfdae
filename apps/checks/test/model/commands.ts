import { KmsError } from '@kms/core'
import type fc from 'fast-check'
import { expect } from 'vitest'
import { mayAct } from '../../src/model/processes.ts'
import {
  absent,
  get,
  keyFields,
  processesData,
  protects,
  rotationAt,
  rotationFields,
  rotationSteps,
  stateNames,
  versionFields,
  versionsOfKey,
  viewFields,
} from '../../src/model/state.ts'
import { type Both, shape } from './operations.ts'
import type { RealKey } from './real-key.ts'

const numbers = Array.from({ length: versionsOfKey }, (_, i) => i + 1)

/** A state of the model, which commands change. */
export interface Modelled {
  words: readonly number[]
}

/** Does one thing to both, and compares all that can be seen of them. */
async function together({ model, real }: Both, modelled: Modelled, key: RealKey): Promise<void> {
  const next = model(modelled.words)
  let error: unknown
  await real(key).catch((refusal) => {
    error = refusal
  })
  // What the model does is not refused; what it refuses changes nothing, which the comparison says.
  if (next !== undefined && error !== undefined) throw error
  modelled.words = next ?? modelled.words
  await compare(modelled.words, key)
}

/** One administrator's change while another one's is about to be committed, which is built again: as one after the other. */
function overtaken(slow: Both, other: Both): Both {
  return {
    name: `${other.name}, while another administrator is about to ${slow.name}`,
    possible: () => true,
    model: (words) => {
      const first = other.model(words)
      // What is refused at once is not tried again.
      const second = slow.model(words) === undefined ? undefined : slow.model(first ?? words)
      return second ?? first
    },
    real: async (key) => {
      const refused = (error: unknown): void => {
        if (!(error instanceof KmsError) || error.code === 'conflict') throw error
      }
      await key.overtaken(
        () => slow.real(key).catch(refused),
        () => other.real(key).catch(refused),
      )
    },
  }
}

/**
 * A command that does one of the things that are possible when its turn comes: mostly one that changes something.
 * @param draw which; any whole number
 */
export function command(operations: readonly Both[], draw: number): fc.AsyncCommand<Modelled, RealKey> {
  let name = `(${draw})`
  return {
    check: () => true,
    toString: () => name,
    async run(modelled, key) {
      const block = shape.block(modelled.words, 0)
      const possible = operations.filter((one) => one.possible(block))
      const useful = possible.filter((one) => one.model(modelled.words) !== undefined)
      const of = (draw % 5 === 0 ? possible : useful).flatMap((one) =>
        Array.from({ length: one.weight ?? 1 }, () => one),
      )
      const [first, second] = [of, of.filter((one) => one.races === true)].map(
        (from, i) => from[Math.floor(draw / (i === 0 ? 5 : 5_000)) % from.length],
      ) as [Both, Both | undefined]
      const races = draw % 4 === 0 && second !== undefined && first.isAdministration === true
      const chosen = races ? overtaken(second, first) : first
      name = chosen.name
      await together(chosen, modelled, key)
    },
  }
}

/** States, primary, schedules, rotations, what seals and what opens. */
async function compare(words: readonly number[], key: RealKey): Promise<void> {
  const block = shape.block(words, 0)
  const stateOf = (number: number): number => get(block[number] as number, versionFields.state)
  const made = numbers.filter((number) => stateOf(number) !== absent)
  const primary = get(block[0] as number, keyFields.primary)
  const info = await key.key()
  const seen = info.versions.map(({ label, state, destruction, primary: is }) => [
    label,
    state,
    destruction !== null,
    is,
  ])
  const expected = made.map((number) => {
    const scheduled = get(block[number] as number, versionFields.scheduled) === 1
    return [String(number), stateNames[stateOf(number)], scheduled, number === primary]
  })
  expect(seen).toEqual(expected)

  const protecting = primary !== 0 && protects(block, primary) ? primary : 0
  expect(refusedOr(await key.sealsNow())).toBe(protecting)
  for (const [process, at] of shape.processes.entries()) {
    const seals = key.seals(process)
    if (seals === 'none') continue
    const acts = mayAct(words[at] as number)
    expect(seals === 'lease-expired').toBe(!acts)
    if (acts) expect(refusedOr(seals)).toBe(get(words[at + 1] as number, viewFields.seals))
  }
  for (const [number, opens] of await key.opens()) {
    const scheduled = get(block[number] as number, versionFields.scheduled) === 1
    expect([number, opens]).toEqual([number, processesData[stateOf(number)] === true && !scheduled])
  }

  const steps = new Map<string, string>()
  for (const { to, from, step } of await key.admin.rotations.list()) {
    const counts = step === 'distribute' || (from !== null && (step === 'dual-operation' || step === 'retire'))
    if (counts) steps.set(to, step)
  }
  const modelled = numbers.flatMap((to) => {
    const step = to === 1 ? 0 : get(block[rotationAt(to)] as number, rotationFields.step)
    const from = to === 1 ? 0 : get(block[rotationAt(to)] as number, rotationFields.from)
    return step === 0 || (step !== 1 && from === 0) ? [] : [[String(to), rotationSteps[step]]]
  })
  expect([...steps].sort()).toEqual(modelled)
}

const refusedOr = (sealed: number | string): number => {
  if (typeof sealed === 'number') return sealed
  expect(['no-primary-version', 'key-disabled']).toContain(sealed)
  return 0
}
