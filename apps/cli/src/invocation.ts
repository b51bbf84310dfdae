import { interrupted } from './interrupt.ts'
import { Output } from './output.ts'
import type { GlobalOptions } from './settings.ts'

/** One command being run: what it was given, where it writes, and what stops it. */
export interface Invocation<Options = object> {
  readonly options: Options & GlobalOptions
  readonly output: Output
  readonly signal: AbortSignal
}

/** What a command's module exports: the command itself. Arguments come in the order of the command line. */
export type Command = (invocation: Invocation<never>, ...args: never[]) => Promise<void>

export function invocation<Options>(options: Options & GlobalOptions): Invocation<Options> {
  return { options, output: new Output(options), signal: interrupted.abort }
}
