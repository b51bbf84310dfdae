import { type Context, noContext } from '@kms/core/envelope'
import { failure } from './failure.ts'

/** What `--context` and `--no-context` leave behind: the pairs in order, false for none on purpose, undefined for nothing said. */
export type ContextOption = readonly string[] | false | undefined

/** `--context name=value` pairs as a context. @throws `invalid-context`; the message holds no value */
export async function readContext(option: ContextOption): Promise<Context> {
  if (option === undefined || option === false) return noContext
  const pairs = new Map<string, string>()
  for (const pair of option) {
    const at = pair.indexOf('=')
    if (at < 1) throw await failure('invalid-context', 'A --context is name=value, such as --context tenant=acme.')
    const name = pair.slice(0, at)
    if (pairs.has(name)) throw await failure('invalid-context', `--context gives the name "${name}" twice.`)
    pairs.set(name, pair.slice(at + 1))
  }
  return pairs
}
