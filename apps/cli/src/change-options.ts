import type { Invocation } from './invocation.ts'

/** What commands take that change something. */
export interface ChangeOptions {
  readonly reason?: string
  readonly requestId?: string
  /** Of those that ask first. */
  readonly yes?: boolean
}

/** The options of a change, as the library takes them. */
export function changeOptions({
  options: { reason, requestId },
}: Invocation<ChangeOptions>): Pick<ChangeOptions, 'reason' | 'requestId'> {
  return { ...(reason !== undefined && { reason }), ...(requestId !== undefined && { requestId }) }
}
