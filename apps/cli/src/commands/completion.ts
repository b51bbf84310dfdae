import { completionScript, isShell } from '../completion.ts'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { program } from '../program.ts'

/** `kms completion SHELL`: the script that makes the shell complete kms. */
export async function completion(call: Invocation, shell: string): Promise<void> {
  if (!isShell(shell)) throw await failure('invalid-argument', 'There are completions for bash, zsh and fish.')
  const script = completionScript(program(), shell)
  call.output.result({ shell, script }, () => script)
}
