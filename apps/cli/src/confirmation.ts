import { failure } from './failure.ts'
import type { Invocation } from './invocation.ts'

/**
 * Asks before something that is hard to take back, if a person sits at a terminal. Scripts are not asked: they said it by
 * calling the command.
 * @throws `aborted` if the answer is no
 */
export async function confirmed(call: Invocation<{ yes?: boolean }>, question: string): Promise<void> {
  if (call.options.yes === true || call.output.json || !process.stdin.isTTY) return
  const { openTerminal } = await import('./terminal.ts')
  const terminal = openTerminal()
  if (terminal === undefined) return
  const { askYes } = await import('./prompt.ts')
  try {
    if (!(await askYes(terminal, question)))
      throw await failure('aborted', 'Not done, as you said no. Nothing changed.')
  } finally {
    terminal.close()
  }
}
