import { acted, declared } from '../../src/model/incidents.ts'
import type { Mutant } from '../../src/model/mutants.ts'
import { killed, later, read } from '../../src/model/processes.ts'
import { activate, finish, generate, retireOld, rollback, underWay } from '../../src/model/rotation.ts'
import {
  absent,
  type Block,
  distribute,
  get,
  none,
  preActive,
  rotationAt,
  rotationFields,
  Shape,
  versionFields,
  versionsOfKey,
} from '../../src/model/state.ts'
import { awaited, importVersion, nextNumber, verbs } from '../../src/model/version-verbs.ts'
import type { RealKey } from './real-key.ts'

export const shape: Shape = new Shape(1)
const numbers = Array.from({ length: versionsOfKey }, (_, i) => i + 1)
const stateOf = (block: Block, number: number): number => get(block[number] as number, versionFields.state)

/** What is done to the model's state and to the code. */
export interface Both {
  readonly name: string
  /** How often, beside the others: 1 unless given. */
  readonly weight?: number
  /** Whether it can come between another one's change and its commit. */
  readonly isAdministration?: boolean
  /** Whether another one can come before its commit: it is built again then, and needs no version more. */
  readonly races?: boolean
  /** Whether the model can say what comes of it. */
  possible(block: Block): boolean
  /** The model's next state; undefined where it is refused, or nothing changes. */
  model(words: readonly number[]): readonly number[] | undefined
  real(key: RealKey): Promise<unknown>
}

/** A rotation of a key that had no primary has nothing to retire: it is over at once. */
function withoutEmpty(block: Block): Block {
  return block.map((word, at) => {
    const isRecord = at >= rotationAt(2) && get(word, rotationFields.step) > distribute
    return isRecord && get(word, rotationFields.from) === 0 ? none : word
  })
}

/** Everything that is done, where the model has the defect that is named. */
export function operations(mutant: Mutant | undefined): readonly Both[] {
  const onBlock = (build: (block: Block) => Block | undefined) => (words: readonly number[]) => {
    const block = build(shape.block(words, 0))
    return block === undefined ? undefined : shape.withBlock(words, 0, withoutEmpty(block))
  }
  const there = (number: number) => (block: Block) => stateOf(block, number) !== absent
  const room = (block: Block): boolean => nextNumber(block) !== undefined
  const joins = (block: Block): boolean => underWay(block) !== 0 && stateOf(block, underWay(block)) === preActive

  const verb = (name: 'retire' | 'disable' | 'enable' | 'compromise', number: number, weight = 1): Both => ({
    name: `${name} ${number}`,
    weight,
    isAdministration: true,
    races: true,
    possible: there(number),
    model: onBlock((block) => verbs[name](block, number, mutant)),
    real: (key) => key.admin.keys[name]('k', number),
  })
  const ofVersions = numbers.flatMap((number) => [
    verb('retire', number),
    verb('disable', number, 3),
    verb('enable', number, 2),
    verb('compromise', number),
    {
      name: `destroy ${number}`,
      isAdministration: true,
      possible: there(number),
      model: onBlock((block) => verbs.destroy(block, number, mutant)),
      real: (key) => key.destroy(number),
    },
    {
      name: `schedule ${number}`,
      isAdministration: true,
      races: true,
      // Again, it would carry out or change nothing; of what is pre-active it destroys.
      possible: (block) => there(number)(block) && stateOf(block, number) !== preActive,
      model: onBlock((block) => verbs.schedule(block, number, mutant)),
      real: (key) => key.admin.keys.destroy('k', number, { waitDays: 1, acceptClock: true }),
    },
    {
      name: `cancel ${number}`,
      isAdministration: true,
      races: true,
      possible: there(number),
      model: onBlock((block) => verbs.cancel(block, number, mutant)),
      real: (key) => key.admin.keys.cancelDestruction('k', number),
    },
  ])
  const ofRotations = [2, 3].flatMap((to) => [
    {
      name: `begin a rotation to imported ${to}`,
      weight: 3,
      possible: (block) => there(to)(block) && underWay(block) !== to,
      model: onBlock((block) => generate(block, to, mutant)),
      real: (key) => key.begin(to),
    },
    {
      name: `end the transition to ${to}`,
      isAdministration: true,
      races: true,
      weight: 6,
      possible: there(to),
      model: onBlock((block) => retireOld(block, to, mutant)),
      real: async (key) => key.admin.rotations.shorten(await key.rotationTo(to), { reason: 'now' }),
    },
    {
      name: `finish the rotation to ${to}`,
      weight: 6,
      possible: (block) => get(block[rotationAt(to)] as number, rotationFields.step) === 3,
      model: (words) => {
        const from = get(words[rotationAt(to)] as number, rotationFields.from)
        const waiting = onBlock((block) => awaited(block, from, mutant))(words) as number[]
        return onBlock((block) => finish(block, to, mutant))(later(shape, later(shape, waiting)))
      },
      real: async (key) => key.admin.rotations.resume(await key.rotationTo(to), { wait: true }),
    },
    {
      name: `roll back the rotation to ${to}`,
      isAdministration: true,
      races: true,
      weight: 4,
      possible: there(to),
      model: onBlock((block) => rollback(block, to, mutant)),
      real: async (key) => key.admin.rotations.rollback(await key.rotationTo(to)),
    },
  ])
  const begin = {
    name: 'begin a rotation',
    weight: 6,
    possible: (block) => room(block) && !joins(block),
    model: onBlock((block) => generate(block, undefined, mutant)),
    real: (key) => key.begin(undefined),
  }
  const goOn = {
    name: 'activate',
    weight: 8,
    possible: (block) => underWay(block) !== 0,
    model: onBlock((block) => activate(block, underWay(block), mutant)),
    real: async (key) => {
      const under = (await key.admin.rotations.list()).find(({ step }) => step === 'distribute')
      const version = await key.admin.keys.version('k', under?.to)
      // Not waiting for the two processes, which are not told of changes. A useless version is not waited for.
      if (version.state === 'pre-active') await key.admin.rotations.rotate('k', { urgent: true })
      else await key.admin.rotations.resume(under?.id ?? '')
    },
  }
  const incidents = (['compromise', 'departure'] as const).map((trigger, i) => ({
    name: `incident: ${trigger}`,
    isAdministration: true,
    possible: room,
    model: (words) => {
      const done = acted(shape, declared(shape, words, i + 1), 0, mutant)
      return done?.map((word, at) => (at === shape.incident ? 0 : word))
    },
    real: (key) => key.admin.incidents.declare(trigger, { keys: ['k'] }, { reason: 'modelled' }),
  }))
  const ofProcesses = shape.processes.flatMap((at, process) => [
    {
      name: `process ${process} reads`,
      weight: 2,
      possible: () => true,
      model: (words) => read(shape, words, at, mutant),
      real: (key) => key.read(process),
    },
    {
      name: `process ${process} is killed`,
      possible: () => true,
      model: (words) => killed(shape, words, at),
      real: (key) => key.kill(process),
    },
  ])
  const time = {
    name: 'a lease passes',
    weight: 3,
    possible: () => true,
    model: (words) => later(shape, words),
    real: async (key) => key.tick(),
  }
  const imports = {
    name: 'import',
    isAdministration: true,
    weight: 2,
    possible: room,
    model: onBlock((block) => importVersion(block)),
    real: (key) => key.import(),
  }
  return [...ofVersions, ...ofRotations, begin, goOn, ...incidents, ...ofProcesses, time, imports]
}
