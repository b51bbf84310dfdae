import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Resource {
  readonly type: string
  readonly body: string
  /** Its content security policy. */
  readonly policy?: string
}

export const page = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><title>@kms/core</title><script src="${script}"></script>`

/** The policy of a page that may run WebAssembly, and hardly anything else. */
export const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"
/** The same without WebAssembly. */
export const strictPolicy: string = policy.replace(" 'wasm-unsafe-eval'", '')

/** What a request with a body is answered with, both base64url; undefined for a path that is none. */
export type Answer = (path: string, body: Uint8Array) => Promise<Uint8Array | undefined>

/** Serves these paths on a port of the machine's own, and answers what is posted. */
export async function serve(
  resources: ReadonlyMap<string, Resource>,
  answer: Answer,
): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      void post(request, answer).then(
        (text) => response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(text),
        (error: unknown) => response.writeHead(500, String(error)).end(),
      )
      return
    }
    const resource = resources.get(request.url ?? '')
    if (resource === undefined) {
      response.writeHead(404).end()
      return
    }
    const { type, body, policy } = resource
    response.writeHead(200, {
      'content-type': `${type}; charset=utf-8`,
      ...(policy === undefined ? {} : { 'content-security-policy': policy }),
    })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function post(request: IncomingMessage, answer: Answer): Promise<string | undefined> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const body = Buffer.from(Buffer.concat(pieces).toString('latin1'), 'base64url')
  const answered = await answer(request.url ?? '', new Uint8Array(body))
  return answered === undefined ? undefined : Buffer.from(answered).toString('base64url')
}
