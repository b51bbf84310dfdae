import { confirm, isCancel, password } from '@clack/prompts'
import { Secret } from '@kms/core'
import { failure } from './failure.ts'
import { interrupt, interrupted } from './interrupt.ts'
import { printable } from './layout.ts'
import type { Terminal } from './terminal.ts'

/** What a hidden prompt says. */
export interface PasswordPrompt {
  readonly message: string
  /** Asks twice and compares, where the password is new. */
  readonly confirmed?: boolean
}

/**
 * Asks for a password without showing it. An empty one, or two that differ, is asked for again.
 * @throws `aborted` when the user leaves with Ctrl-C or Escape
 */
export async function askPassword(terminal: Terminal, prompt: PasswordPrompt): Promise<Secret> {
  await requireGoingOn()
  const { input, output } = terminal
  const signal = interrupted.abort
  const validate = (text: string | undefined): string | undefined => {
    try {
      Secret.fromPassword(text ?? '').wipe()
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }
  const first = await password({ message: printable(prompt.message), validate, input, output, signal })
  if (isCancel(first)) throw await cancelled()
  if (prompt.confirmed === true) {
    const same = (text: string | undefined): string | undefined =>
      text === first ? undefined : 'That is another password. Type the same again, or press Ctrl-C and start over.'
    await requireGoingOn()
    const second = await password({ message: 'The same again', validate: same, input, output, signal })
    if (isCancel(second)) throw await cancelled()
  }
  return Secret.fromPassword(first)
}

/** Asks yes or no; Enter means no. @throws `aborted` when the user leaves */
export async function askYes(terminal: Terminal, message: string): Promise<boolean> {
  await requireGoingOn()
  const { input, output } = terminal
  const signal = interrupted.abort
  const answer = await confirm({ message: printable(message), initialValue: false, input, output, signal })
  if (isCancel(answer)) throw await cancelled()
  return answer
}

/** Ctrl-C while the prompt was on its way: it must not appear. */
async function requireGoingOn(): Promise<void> {
  if (interrupted.abort.aborted) throw await cancelled()
}

function cancelled(): Promise<Error> {
  // A second interrupt would leave at once, before anything is cleaned up.
  if (!interrupted.abort.aborted) interrupt('SIGINT')
  return failure('aborted', 'Stopped. Nothing was changed.')
}
