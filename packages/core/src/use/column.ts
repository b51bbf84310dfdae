import { plaintextText } from '../encoding/plaintext.ts'
import { fromText } from '../encoding/text.ts'
import type { Context } from '../envelope/context.ts'
import { KmsError } from '../errors.ts'

/** What a column's plaintext values are to the application. */
export interface ColumnTypes {
  string: string
  json: unknown
  date: Date
  bigint: bigint
  bytes: Uint8Array
}

export type ColumnType = keyof ColumnTypes

export interface ColumnOptions<T extends ColumnType> {
  /**
   * What the column is bound to, such as `{ table: 'users', column: 'email' }`. A mapper sees one value at a time and has no
   * row id: values of one column can be swapped between its rows by whoever can write the table. Where that matters, seal
   * with the row's id in the context instead of using a column.
   */
  readonly context: Context
  /** `string` by default. */
  readonly type?: T
  /**
   * Equal values get equal envelopes, so that the database can search for them with `lookup`. It reveals to whoever sees the
   * column which rows are equal, how often each value occurs and how long it is: see `EncryptionKey.sealDeterministic`.
   */
  readonly deterministic?: boolean
  /**
   * For adoption: `decode` returns values that are no envelope as they stand (text, then read as the type). Never leave it
   * on: whoever can write the table can then write plaintext.
   */
  readonly acceptPlaintext?: boolean
}

/** Encodes and decodes one column's values, for an ORM's custom type. `null` and `undefined` stay `null`. */
export interface ColumnCodec<T> {
  /** @returns the envelope's text form. @throws `invalid-argument` for a value of another type; as `EncryptionKey.seal` */
  encode(value: T | null | undefined): string | null
  /** @throws `malformed` for text that is no envelope, or does not hold the column's type; as `EncryptionKey.open` */
  decode(stored: string | null | undefined): T | null
  /**
   * Of a deterministic column, what to look for to find a value: `WHERE email IN (…)`.
   * @throws `invalid-argument` for a value of another type, and for a column that is not deterministic; as
   * `EncryptionKey.lookupDeterministic`
   */
  lookup(value: T): Promise<readonly string[]>
}

/** What a codec seals and opens with. */
export interface TextSealer {
  seal(data: Uint8Array): string
  open(envelope: Uint8Array): Uint8Array
  lookup(data: Uint8Array): Promise<readonly string[]>
}

interface ValueCodec<T> {
  write(value: T): string
  read(text: string): T
}

const wrongType = (type: string): KmsError =>
  new KmsError('invalid-argument', `The value is not what the column holds (${type}).`)
const damaged = (type: string): KmsError => new KmsError('malformed', `The stored value does not hold a ${type}.`)

const strings: ValueCodec<string> = {
  write(value) {
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) throw wrongType('string')
    return value
  },
  read: (text) => text,
}

const json: ValueCodec<unknown> = {
  write(value) {
    const text = JSON.stringify(value)
    if (text === undefined) throw wrongType('JSON')
    return text
  },
  read(text) {
    try {
      return JSON.parse(text) as unknown
    } catch {
      throw damaged('JSON value')
    }
  },
}

const dates: ValueCodec<Date> = {
  write(value) {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw wrongType('Date')
    return value.toISOString()
  },
  read(text) {
    const date = new Date(text)
    if (Number.isNaN(date.getTime())) throw damaged('date')
    return date
  },
}

const bigints: ValueCodec<bigint> = {
  write(value) {
    if (typeof value !== 'bigint') throw wrongType('bigint')
    return value.toString()
  },
  read(text) {
    if (!/^-?[0-9]{1,10000}$/.test(text)) throw damaged('bigint')
    return BigInt(text)
  },
}

const values = { string: strings, json, date: dates, bigint: bigints }
const encoder = new TextEncoder()

/** Builds a codec over something that seals and opens; `EncryptionKey.column` is the way to it. */
export function columnCodec<T extends ColumnType>(
  sealer: TextSealer,
  options: ColumnOptions<T>,
): ColumnCodec<ColumnTypes[T]> {
  const type: ColumnType = options.type ?? 'string'
  if (type !== 'bytes' && !Object.hasOwn(values, type)) {
    throw new KmsError('invalid-argument', 'A column holds string, json, date, bigint or bytes.')
  }
  const codec = type === 'bytes' ? undefined : (values[type] as ValueCodec<unknown>)
  const toBytes = (value: unknown): Uint8Array => {
    if (codec !== undefined) return encoder.encode(codec.write(value))
    if (!(value instanceof Uint8Array)) throw wrongType('bytes')
    return value
  }
  const fromBytes = (bytes: Uint8Array): unknown => (codec === undefined ? bytes : codec.read(plaintextText(bytes)))
  return {
    encode: (value) => (value === null || value === undefined ? null : sealer.seal(toBytes(value))),
    decode(stored) {
      if (stored === null || stored === undefined) return null
      if (typeof stored !== 'string') throw new KmsError('invalid-argument', 'A column stores text.')
      if (options.acceptPlaintext === true && !stored.startsWith('kms1')) {
        return (codec === undefined ? encoder.encode(stored) : codec.read(stored)) as ColumnTypes[T]
      }
      return fromBytes(sealer.open(fromText(stored))) as ColumnTypes[T]
    },
    async lookup(value) {
      if (options.deterministic === true) return sealer.lookup(toBytes(value))
      throw new KmsError(
        'invalid-argument',
        'Only a deterministic column can be searched: column({ deterministic: true }).',
      )
    },
  }
}
