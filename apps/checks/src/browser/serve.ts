import { createServer, type Server } from 'node:http'
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

/** Serves these paths on a port of the machine's own. */
export async function serve(
  resources: ReadonlyMap<string, Resource>,
): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer((request, response) => {
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
