import { interrupted } from './interrupt.ts'
import { Output } from './output.ts'
import type { GlobalOptions } from './settings.ts'

/** One command being run: what it was given, where it writes, and what stops it. */
export interface Invocation<Options = object> {
  readonly options: Options & GlobalOptions
  readonly output: Output
  readonly signal: AbortSignal
}

export async function invocation<Options>(options: Options & GlobalOptions): Promise<Invocation<Options>> {
  return { options, output: await Output.for(options), signal: interrupted.abort }
}
