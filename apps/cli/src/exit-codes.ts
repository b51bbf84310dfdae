import type { ErrorKind } from '@kms/core'

/** An exit code, for scripts. */
export interface ExitCode {
  readonly code: number
  readonly kind: ErrorKind | 'ok' | 'interrupted' | 'closed pipe'
  readonly meaning: string
}

/** The one table of exit codes: the program runs it, `kms help exit-codes` and the README print it. */
export const exitCodes: readonly ExitCode[] = [
  { code: 0, kind: 'ok', meaning: 'Done' },
  { code: 1, kind: 'internal', meaning: 'A defect of ours, or a doctor that found something wrong' },
  { code: 2, kind: 'usage', meaning: 'The command, an option, a file name or the password is not usable as given' },
  { code: 3, kind: 'data', meaning: 'The data does not open: wrong key, password or context, damaged, or no envelope' },
  { code: 4, kind: 'key', meaning: 'The key or ring is not there, or its state does not allow it' },
  { code: 5, kind: 'permission', meaning: 'The root may not do that, or a secret file is readable by others' },
  { code: 6, kind: 'store', meaning: 'The store is missing, damaged, rolled back, locked, read-only or full' },
  { code: 7, kind: 'root', meaning: 'The root gave no answer: a missing file, variable or token' },
  { code: 8, kind: 'busy', meaning: 'Somebody else was first, or too much at once: repeat later' },
  { code: 130, kind: 'interrupted', meaning: 'Stopped with Ctrl-C (143: with SIGTERM); nothing half-written is left' },
  { code: 141, kind: 'closed pipe', meaning: 'Whoever read the output went away' },
]

/** The code for a kind of error. */
export function exitCodeOf(kind: ExitCode['kind']): number {
  return exitCodes.find((entry) => entry.kind === kind)?.code ?? 1
}

/** The code for a signal, which is 128 and its number, as shells have it. */
export function interruptCode(signal: NodeJS.Signals): number {
  return signal === 'SIGTERM' ? 143 : signal === 'SIGHUP' ? 129 : 130
}
