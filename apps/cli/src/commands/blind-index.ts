import { type ContextOption, readContext } from '../context.ts'
import { failure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import type { Invocation } from '../invocation.ts'
import { withKms } from '../with-kms.ts'

interface IndexOptions {
  readonly key?: string
  readonly context?: ContextOption
  readonly length?: string
  readonly allVersions?: boolean
}

const valueLimit = 2 ** 20

/** `kms index [FILE]`: the blind index of a value, in hex. */
export async function index(call: Invocation<IndexOptions>, file?: string): Promise<void> {
  const { options, output, signal } = call
  const { key: name } = options
  if (name === undefined) throw await failure('invalid-argument', 'Name the key: --key NAME (kms key list).')
  if (options.context === undefined) {
    throw await failure(
      'invalid-context',
      'An index needs a context that says which column it is of, such as --context table=users --context column=email; --no-context says that it has none.',
    )
  }
  const context = await readContext(options.context)
  const length = { length: Number(options.length ?? 16) }
  const input = await openInput(file, signal, 'index')
  const value = await readAll(input.read(), valueLimit, input.name)
  const indexes = await withKms(call, async (kms) => {
    const key = await kms.use(name, { purpose: 'encrypt' })
    return options.allVersions === true ? key.lookupIndex(value, context, length) : [key.index(value, context, length)]
  })
  const hex = indexes.map((one) => Buffer.from(one).toString('hex'))
  output.result(options.allVersions === true ? { indexes: hex } : { index: hex[0] }, () => hex.join('\n'))
}
