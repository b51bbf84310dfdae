import { confirm, isCancel, password } from '@clack/prompts'
import { Secret } from '@kms/core'
import { failure } from './failure.ts'
import { interrupt } from './interrupt.ts'
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
  const { input, output } = terminal
  const validate = (text: string | undefined): string | undefined => {
    try {
      Secret.fromPassword(text ?? '').wipe()
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }
  const first = await password({ message: prompt.message, validate, input, output })
  if (isCancel(first)) throw await cancelled()
  if (prompt.confirmed === true) {
    const same = (text: string | undefined): string | undefined =>
      text === first ? undefined : 'That is another password. Type the same again, or press Ctrl-C and start over.'
    const second = await password({ message: 'The same again', validate: same, input, output })
    if (isCancel(second)) throw await cancelled()
  }
  return Secret.fromPassword(first)
}

/** Asks yes or no; Enter means no. @throws `aborted` when the user leaves */
export async function askYes(terminal: Terminal, message: string): Promise<boolean> {
  const answer = await confirm({ message, initialValue: false, input: terminal.input, output: terminal.output })
  if (isCancel(answer)) throw await cancelled()
  return answer
}

function cancelled(): Promise<Error> {
  interrupt('SIGINT')
  return failure('aborted', 'Stopped. Nothing was changed.')
}
