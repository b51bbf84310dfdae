import { KmsError } from '../../errors.ts'
import type { RandomAccessSource } from '../random-access.ts'

export interface HttpSourceOptions {
  /** Sent with each request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Stops requests. */
  readonly signal?: AbortSignal
  /** The platform's `fetch` unless given. Retries, deadlines and proxies are its business. */
  readonly fetch?: typeof fetch
}

/** Read with the first request, which finds out the length: where the header is. */
const firstRead = 4096

/**
 * An HTTP resource, as a source for random access, by range requests (RFC 9110 §14). The server must answer them with 206, say the whole
 * length, and give a strong entity tag: each read asks for the same tag (`If-Range`), so that parts of two objects are never
 * taken for one. Nothing is retried here.
 * @param url its query is never part of a message: it may be a signature
 * @throws `file-unavailable` if the server does not do that, or the object changed; may be repeated if the network failed; `aborted`
 */
export async function httpSource(url: string | URL, options: HttpSourceOptions = {}): Promise<RandomAccessSource> {
  const first = await request(url, options, 0, firstRead, undefined)
  const { etag, total } = first
  return {
    length: total,
    async read(offset, length) {
      if (offset + length <= first.bytes.length) return first.bytes.slice(offset, offset + length)
      return (await request(url, options, offset, length, { etag, total })).bytes
    },
  }
}

interface Part {
  readonly bytes: Uint8Array
  readonly etag: string
  /** Bytes of the whole resource. */
  readonly total: number
}

async function request(
  url: string | URL,
  { headers, signal, fetch: ask = fetch }: HttpSourceOptions,
  offset: number,
  length: number,
  expected: Omit<Part, 'bytes'> | undefined,
): Promise<Part> {
  const refuse = (why: string, retry = false, cause?: unknown): KmsError =>
    new KmsError('file-unavailable', `${nameOf(url)} cannot be read by ranges: ${why}.`, { retry, cause })
  let answer: Response
  try {
    answer = await ask(url, {
      headers: {
        ...headers,
        range: `bytes=${offset}-${offset + length - 1}`,
        ...(expected === undefined ? {} : { 'if-range': expected.etag }),
      },
      ...(signal === undefined ? {} : { signal }),
      cache: 'no-store', // with a Range, fetch itself asks for no compression
    })
  } catch (error) {
    throw signal?.aborted === true ? stopped() : refuse('the request failed', true, error)
  }
  const body = answer.body?.getReader()
  try {
    if (answer.status === 200 && expected !== undefined) throw refuse('it changed between two reads; open it again')
    if (answer.status === 200) throw refuse('the server answers with all of it')
    if (answer.status !== 206) throw refuse(`the server answers ${answer.status}`, answer.status >= 500)
    const etag = answer.headers.get('etag')
    if (etag === null || !etag.startsWith('"'))
      throw refuse('the server gives no strong ETag, which would show a change')
    if ((answer.headers.get('content-encoding') ?? 'identity') !== 'identity') throw refuse('the server compresses it')
    const range = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(answer.headers.get('content-range') ?? '')
    if (range === null) throw refuse('the server does not say which part of it is sent')
    const [from, to, total] = [Number(range[1]), Number(range[2]), Number(range[3])]
    if (expected !== undefined && (etag !== expected.etag || total !== expected.total)) {
      throw refuse('it changed between two reads; open it again')
    }
    // A first request may ask for more than there is; later ones never do.
    const wanted = expected === undefined ? Math.min(length, total - offset) : length
    if (from !== offset || to - from + 1 !== wanted) throw refuse('the server sends another part than was asked for')
    const bytes = await readBody(body, wanted)
    if (bytes === undefined) throw refuse('the server sends more or less than it says', true)
    return { bytes, etag, total }
  } catch (error) {
    if (error instanceof KmsError) throw error
    throw signal?.aborted === true ? stopped() : refuse('the connection broke', true, error)
  } finally {
    // Not awaited: a server that goes on sending must not hold up what was decided.
    body?.cancel().catch(() => {})
  }
}

/** Exactly `length` bytes, or nothing: a server may send without end. */
async function readBody(
  body: ReadableStreamDefaultReader<Uint8Array> | undefined,
  length: number,
): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(length)
  let at = 0
  for (let next = await body?.read(); next !== undefined && !next.done; next = await body?.read()) {
    if (at + next.value.length > length) return undefined
    bytes.set(next.value, at)
    at += next.value.length
  }
  return at === length ? bytes : undefined
}

function nameOf(url: string | URL): string {
  try {
    const { origin, pathname } = new URL(url)
    return `${origin}${pathname}`
  } catch {
    return 'The resource'
  }
}

function stopped(): KmsError {
  return new KmsError('aborted', 'Cancelled before it was done. Nothing was left half-written.')
}
