import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { blobSource, httpSource } from '../../src/envelope.ts'

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 251)
const object = pattern(10_000)
const refused = (why: RegExp, more: object = {}) =>
  expect.objectContaining({ code: 'file-unavailable', message: expect.stringMatching(why), ...more })

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: Uint8Array
}

/** A server of `object` by ranges, as RFC 9110 has it, whose answers can be changed. */
async function serving(
  change: (request: IncomingMessage, answer: Required<Answer>, count: number) => Answer | 'hang up' = (_, a) => a,
) {
  const asked: IncomingMessage['headers'][] = []
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.headers)
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const end = Math.min(Number(to), object.length - 1)
    const body = object.subarray(Number(from), end + 1)
    const headers = { etag: '"one"', 'content-range': `bytes ${from}-${end}/${object.length}` }
    const answer = change(request, { status: 206, headers, body }, asked.length)
    if (answer === 'hang up') return void response.destroy()
    response.writeHead(answer.status ?? 206, answer.headers ?? headers)
    response.end(answer.body ?? body)
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/object?signature=hidden` }
}

test('a Blob is read by parts', async () => {
  const source = blobSource(new Blob([object as Uint8Array<ArrayBuffer>]))
  expect(source.length).toBe(10_000)
  expect(await source.read(9_990, 10)).toEqual(object.slice(9_990))
})

describe('an HTTP resource', () => {
  test('is read by ranges of one state of it', async () => {
    const { asked, url } = await serving()
    const source = await httpSource(url, { headers: { authorization: 'Bearer x' } })
    expect(source.length).toBe(10_000)
    expect(await source.read(0, 100)).toEqual(object.slice(0, 100))
    expect(asked).toHaveLength(1)
    expect(await source.read(9_000, 1_000)).toEqual(object.slice(9_000))
    expect(asked[1]).toMatchObject({
      range: 'bytes=9000-9999',
      'if-range': '"one"',
      'accept-encoding': expect.stringContaining('identity'),
      authorization: 'Bearer x',
    })
    expect(asked[0]).not.toHaveProperty('if-range')
  })

  test.each([
    ['all of it, without ranges', /all of it/, (a: Required<Answer>) => ({ ...a, status: 200 })],
    ['no such thing', /404/, (a: Required<Answer>) => ({ ...a, status: 404 })],
    [
      'no ETag',
      /strong ETag/,
      (a: Required<Answer>) => ({ ...a, headers: { 'content-range': a.headers['content-range'] as string } }),
    ],
    ['a weak ETag', /strong ETag/, (a: Required<Answer>) => ({ ...a, headers: { ...a.headers, etag: 'W/"one"' } })],
    [
      'an unknown length',
      /which part/,
      (a: Required<Answer>) => ({ ...a, headers: { ...a.headers, 'content-range': 'bytes 0-4095/*' } }),
    ],
    ['no Content-Range', /which part/, (a: Required<Answer>) => ({ ...a, headers: { etag: '"one"' } })],
    [
      'another part',
      /another part/,
      (a: Required<Answer>) => ({ ...a, headers: { ...a.headers, 'content-range': 'bytes 1-4096/10000' } }),
    ],
    [
      'compressed bytes',
      /compresses/,
      (a: Required<Answer>) => ({ ...a, headers: { ...a.headers, 'content-encoding': 'br' } }),
    ],
    ['more than it says', /more or less|broke/, (a: Required<Answer>) => ({ ...a, body: pattern(5_000) })],
    ['less than it says', /more or less|broke/, (a: Required<Answer>) => ({ ...a, body: pattern(4_000) })],
  ])('is refused where the server answers with %s', async (_what, why, change) => {
    const { url } = await serving((_request, answer) => change(answer))
    const opened = httpSource(url)
    await expect(opened).rejects.toEqual(refused(why))
    await expect(opened).rejects.toEqual(expect.not.objectContaining({ message: expect.stringContaining('hidden') }))
  })

  test.each([
    ['the server sends all of the new one', (a: Required<Answer>) => ({ ...a, status: 200 })],
    ['its ETag is another', (a: Required<Answer>) => ({ ...a, headers: { ...a.headers, etag: '"two"' } })],
    [
      'its length is another',
      (a: Required<Answer>) => ({ ...a, headers: { ...a.headers, 'content-range': 'bytes 5000-5099/20000' } }),
    ],
  ])('that changed between two reads is refused: %s', async (_what, change) => {
    const { url } = await serving((_request, answer, count) => (count === 1 ? answer : change(answer)))
    const source = await httpSource(url)
    await expect(source.read(5_000, 100)).rejects.toEqual(refused(/changed between two reads/))
  })

  test('that cannot be reached, or breaks off, may be tried again; it is not tried here', async () => {
    const { asked, url } = await serving((_request, answer, count) => (count === 1 ? answer : 'hang up'))
    const source = await httpSource(url)
    await expect(source.read(5_000, 100)).rejects.toEqual(refused(/request failed/, { retry: true }))
    expect(asked).toHaveLength(2)
  })

  test('stops when it is told to', async () => {
    const { url } = await serving()
    await expect(httpSource(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
  })
})
