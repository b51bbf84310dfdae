import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Kms, keyRoot, LastSeenFile, passwordRoot, type Root, Secret } from '@kms/node'

/** The roots of a bench's store. Nothing in it is worth protecting. */
export const roots: Readonly<Record<'key' | 'password', () => Root>> = {
  key: () => keyRoot(Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff)),
  password: () => passwordRoot(Secret.copy(new TextEncoder().encode('nothing to protect here'))),
}

/** A store on disk for one run, or one that stays. */
export interface Place extends AsyncDisposable {
  readonly path: string
  readonly url: string
}

/** @param kept the file, if it is to stay */
export async function placeOf(kept: string | undefined): Promise<Place> {
  const folder = kept === undefined ? await mkdtemp(join(tmpdir(), 'kms-bench-')) : undefined
  const path = folder === undefined ? resolve(kept ?? '') : join(folder, 'keys')
  return {
    path,
    url: `sqlite:${path}`,
    async [Symbol.asyncDispose]() {
      if (folder !== undefined) await rm(folder, { recursive: true })
    },
  }
}

/** What is remembered of the store, as by default, but not among the developer's own. */
export const seenAt = (path: string): LastSeenFile => new LastSeenFile({ folder: `${path}.seen` })

const quietly = (path: string) => ({ onWarning: () => {}, lastSeen: seenAt(path) })

/** The store as a process sees it that has read nothing yet. */
export const openPlace = ({ url, path }: Pick<Place, 'url' | 'path'>, root: 'key' | 'password' = 'key'): Promise<Kms> =>
  Kms.open(url, { root: roots[root](), ...quietly(path) })

/** The store of an earlier run, or a new one with both roots. */
export async function openOrCreate(place: Place): Promise<Kms> {
  if (existsSync(place.path)) return openPlace(place)
  return Kms.create(place.url, { root: roots.key(), roots: [roots.password()], ...quietly(place.path) })
}
