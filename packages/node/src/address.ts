import { resolve } from 'node:path'
import { KmsError } from '@kms/core'

/** Where a store is, out of its URL. */
export interface StoreAddress {
  readonly scheme: 'sqlite' | 'memory'
  /** Absolute path of a SQLite file; '' for a store in memory. */
  readonly path: string
  /** The store's fingerprint that the URL demands. */
  readonly fingerprint: string | undefined
  /** The URL in full, its path absolute: what people and other programs can open later. */
  readonly url: string
}

const known = 'There are sqlite:PATH (such as sqlite:./app.keys or sqlite:///srv/app.keys) and memory:'

/**
 * Reads a store's URL: `sqlite:path`, `sqlite:///absolute/path` or `memory:`, and `?fingerprint=…`. Relative paths mean the
 * folder `from`. In a path, `%` and `?` are written `%25` and `%3F`.
 * @throws `invalid-argument`
 */
export function parseAddress(url: string, from: string = process.cwd()): StoreAddress {
  const [, scheme, path = '', query] = /^([a-z][a-z0-9+.-]*):([^?]*)(?:\?(.*))?$/is.exec(String(url)) ?? []
  if (scheme === undefined) throw invalid(`"${url}" is no store address. ${known}. Did you mean sqlite:${url}?`)
  const fingerprint = readFingerprint(query)
  switch (scheme.toLowerCase()) {
    case 'memory':
      if (path !== '') throw invalid('A store in memory has no path: write memory:')
      return { scheme: 'memory', path: '', fingerprint, url: 'memory:' }
    case 'sqlite': {
      const absolute = resolve(from, decode(withoutHost(path)))
      return { scheme: 'sqlite', path: absolute, fingerprint, url: `sqlite:${encode(absolute)}` }
    }
    default:
      throw invalid(`There are no stores of kind "${scheme}" here. ${known}.`)
  }
}

function withoutHost(path: string): string {
  if (path === '' || path === '//') throw invalid(`The address names no file. ${known}.`)
  if (!path.startsWith('//')) return path
  if (!path.startsWith('///')) {
    throw invalid(
      'A SQLite store is a file on this machine: write sqlite:PATH, or sqlite:///PATH for an absolute path.',
    )
  }
  return path.slice(2)
}

function readFingerprint(query: string | undefined): string | undefined {
  const parameters = new URLSearchParams(query)
  for (const name of parameters.keys()) {
    if (name !== 'fingerprint') throw invalid(`A store address takes no parameter "${name}", only fingerprint.`)
  }
  return parameters.get('fingerprint') ?? undefined
}

function decode(path: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    throw invalid('The address has a % that begins no escape: write it %25.')
  }
  if (decoded.includes('\0')) throw invalid('The address names no file: it holds a NUL.')
  return decoded
}

const encode = (path: string): string => path.replace(/[%?]/g, (character) => encodeURIComponent(character))

function invalid(why: string): KmsError {
  return new KmsError('invalid-argument', why)
}
