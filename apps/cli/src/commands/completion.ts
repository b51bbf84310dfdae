import type { Command } from 'commander'
import { completionScript, isShell } from '../completion.ts'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'

/** `kms completion SHELL`: the script that makes the shell complete kms. */
export async function completion(call: Invocation, shell: string, root: Command): Promise<void> {
  if (!isShell(shell)) throw await failure('invalid-argument', 'There are completions for bash, zsh and fish.')
  const script = completionScript(root, shell)
  call.output.result({ shell, script }, () => script)
}
