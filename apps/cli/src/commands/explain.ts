import { type ErrorCode, errorCodes } from '@kms/core'
import { exitCodeOf } from '../exit-codes.ts'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { columns, foldLast } from '../layout.ts'

/** `kms explain [CODE]`: what an error code means and what to do; all of them without a code. */
export async function explain(call: Invocation, code?: string): Promise<void> {
  if (code === undefined) {
    const entries = (Object.keys(errorCodes) as ErrorCode[]).map(entry)
    return call.output.result(entries, ({ bold }) =>
      columns(
        foldLast(
          entries.map((one) => [one.code, String(one.exit), one.meaning]),
          process.stdout.columns,
        ),
        (cell, _, x) => (x === 0 ? bold(cell) : cell),
      ),
    )
  }
  if (!isErrorCode(code)) {
    throw await failure('invalid-argument', 'There is no such error code. kms explain lists them.')
  }
  const one = entry(code)
  call.output.result(one, ({ bold }) => {
    const retry = one.retry ? 'may be repeated' : 'repeating changes nothing'
    return `${bold(code)}  (${one.kind}, exit code ${one.exit}, ${retry})\n\n${one.meaning}`
  })
}

function entry(code: ErrorCode): { code: ErrorCode; kind: string; retry: boolean; exit: number; meaning: string } {
  const { kind, retry, meaning } = errorCodes[code]
  return { code, kind, retry, exit: exitCodeOf(kind), meaning }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code)
}
