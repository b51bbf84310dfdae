import type { CreatedKey, KeyToCreate, Kms } from '@kms/core'
import { failure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import { showProgress } from '../files/progress.ts'
import type { Invocation } from '../invocation.ts'
import { columns, printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'

/** Bytes of a file of names at most. */
const longest = 256 * 2 ** 20
/** Keys given to the library at a time, and from how many on a bar is shown. */
const slice = 5_000
/** What fails for one that was reached last fails for all that follow. */
const forAll: ReadonlySet<string> = new Set(['aborted', 'store-unavailable', 'conflict'])

/** `kms key create --names-from FILE`: a result for each, then an error if one was refused. */
export async function createMany(
  call: Invocation<{ readonly ifAbsent?: boolean }>,
  names: readonly string[],
  common: Omit<KeyToCreate, 'name'>,
): Promise<void> {
  const results = await withKms(call, (kms) => created(call, kms, names, common))
  const refused = results.flatMap((result) => (result.ok ? [] : [result]))
  const made = results.filter((result) => result.ok && result.created).length
  call.output.result(results.map(document), ({ green, yellow }) => {
    const there = results.length - made - refused.length
    const counts = `${green('Made')} ${made} ${made === 1 ? 'key' : 'keys'}${there === 0 ? '' : `, ${there} there already`}.`
    const rows = refused.map(({ name, error }) => [yellow(printable(name)), printable(error.message)])
    return [counts, ...(rows.length === 0 ? [] : [columns(rows, (cell) => cell)])].join('\n')
  })
  const [first] = refused
  if (first === undefined) return
  throw await failure(
    first.error.code,
    `${refused.length} of ${results.length} keys were not made. The first: ${first.error.message}`,
  )
}

async function created(
  call: Invocation<{ readonly ifAbsent?: boolean }>,
  kms: Kms,
  names: readonly string[],
  common: Omit<KeyToCreate, 'name'>,
): Promise<readonly CreatedKey[]> {
  const results: CreatedKey[] = []
  const bar = await showProgress('keys', names.length, call.output.json, slice)
  try {
    for (let at = 0; at < names.length; at += slice) {
      const specs = names.slice(at, at + slice).map((name): KeyToCreate => ({ ...common, name }))
      let before = 0
      const { ifAbsent = false } = call.options
      const onProgress = (done: number): void => {
        bar.add(done - before)
        before = done
      }
      results.push(...(await kms.keys.createMany(specs, { ifAbsent, signal: call.signal, onProgress })))
      const last = results.at(-1)
      if (last?.ok === false && forAll.has(last.error.code)) {
        results.push(...names.slice(at + slice).map((name): CreatedKey => ({ ...last, name })))
        break
      }
    }
  } finally {
    bar.stop()
  }
  return results
}

function document(result: CreatedKey): object {
  if (result.ok) return { name: result.key.name, created: result.created, key: result.key }
  const { code, message } = result.error
  return { name: result.name, error: { code, message } }
}

/** Names of a file, one a line; empty lines are none. `-` is stdin. */
export async function namesFrom(call: Invocation, file: string): Promise<readonly string[]> {
  const input = await openInput(file, call.signal)
  const text = Buffer.from(await readAll(input.read(), longest, input.name)).toString('utf8')
  return text.split(/\r?\n/).filter((line) => line !== '')
}
