import type { Command } from 'commander'
import { variables } from '../environment.ts'
import { exitCodes } from '../exit-codes.ts'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { columns, foldLast } from '../layout.ts'

/** `kms help [TOPIC…]`: a command, `environment` or `exit-codes`. */
export async function help(call: Invocation, topics: readonly string[], root: Command): Promise<void> {
  const [topic] = topics
  if (topic === 'environment') {
    return call.output.result(variables, ({ bold }) => {
      const rows = variables.map(({ name, option, meaning }) => [name, option ?? '', meaning])
      const table = columns(foldLast(rows, process.stdout.columns), (cell, _, x) => (x === 0 ? bold(cell) : cell))
      return `Variables that kms reads. The option beside one comes before it.\n\n${table}`
    })
  }
  if (topic === 'exit-codes') {
    return call.output.result(exitCodes, ({ bold }) => {
      const rows = exitCodes.map(({ code, kind, meaning }) => [String(code), kind, meaning])
      return columns(foldLast(rows, process.stdout.columns), (cell, _, x) => (x === 0 ? bold(cell) : cell))
    })
  }
  let command = root
  for (const name of topics) {
    const next = command.commands.find((one) => one.name() === name)
    if (next === undefined)
      throw await failure('invalid-argument', 'There is no such command or topic. kms --help lists them.')
    command = next
  }
  const text = command.helpInformation().trimEnd()
  call.output.result({ command: ['kms', ...topics].join(' '), help: text }, () => text)
}
