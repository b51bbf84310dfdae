import type { Mutant } from './mutants.ts'
import { activate, finish, generate, recordRotation, retireOld, rollback } from './rotation.ts'
import type { Block } from './state.ts'
import { importVersion, type Verb, verbs } from './version-verbs.ts'

/** A change of one key that an administrator makes with one commit. */
export interface Operation {
  readonly name: string
  /** The version it is about, or the one that its rotation leads to; 0 where there is none yet. */
  readonly number: number
  readonly label: string
  build(block: Block, mutant: Mutant | undefined): Block | undefined
}

function operation(name: string, number: number, build: Operation['build']): Operation {
  return { name, number, label: number === 0 ? name : `${name} ${number}`, build }
}

const verbOperations = Object.entries(verbs).flatMap(([name, verb]: [string, Verb]) =>
  [1, 2, 3].map((number) => operation(name, number, (block, mutant) => verb(block, number, mutant))),
)

const rotationOperations = [2, 3].flatMap((to) => [
  operation('begin a rotation to imported', to, (block, mutant) => generate(block, to, mutant)),
  operation('record the rotation to', to, (block) => recordRotation(block, to)),
  operation('activate', to, (block, mutant) => activate(block, to, mutant)),
  operation('end the transition to', to, (block, mutant) => retireOld(block, to, mutant)),
  operation('finish the rotation to', to, (block, mutant) => finish(block, to, mutant)),
  operation('roll back the rotation to', to, (block, mutant) => rollback(block, to, mutant)),
])

export const operations: readonly Operation[] = [
  ...verbOperations,
  operation('import', 0, (block) => importVersion(block)),
  operation('begin a rotation', 0, (block, mutant) => generate(block, undefined, mutant)),
  ...rotationOperations,
]
