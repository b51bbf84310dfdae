import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Kms, keyRoot, memoryLastSeen, passwordRoot, type Root, Secret } from '@kms/node'

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

const quiet = { onWarning: () => {}, lastSeen: memoryLastSeen() }

/** A process's first sight of the store: with what it has seen before in memory, so that the developer's own state is left alone. */
export const openPlace = ({ url }: Place, root: 'key' | 'password' = 'key'): Promise<Kms> =>
  Kms.open(url, { root: roots[root](), ...quiet })

/** The store of an earlier run, or a new one with both roots. */
export async function openOrCreate(place: Place): Promise<Kms> {
  if (existsSync(place.path)) return openPlace(place)
  return Kms.create(place.url, { root: roots.key(), roots: [roots.password()], ...quiet })
}
