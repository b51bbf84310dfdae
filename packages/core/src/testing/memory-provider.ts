import type { ExternalProvider } from '../envelope/recipients/external.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'

/** A provider whose keys are in this process's memory: for tests, and to see how one is written. */
export interface MemoryProvider extends ExternalProvider {
  /** How often it was asked. */
  readonly calls: { generate: number; recover: number }
  /** Gives no answer while it is true. */
  away: boolean
}

const nonceLength = 12

/**
 * @param references the keys it has
 * @param name what envelopes call it; `memory` unless given
 */
export function memoryProvider(references: readonly string[], name = 'memory'): MemoryProvider {
  const keys = new Map<string, Promise<CryptoKey>>()
  for (const reference of references) {
    const algorithm = { name: 'AES-GCM', length: 256 }
    keys.set(reference, crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt']))
  }

  const ask = async (reference: string, signal: AbortSignal): Promise<CryptoKey> => {
    if (signal.aborted) throw new KmsError('aborted', 'The call to the key provider was cancelled.')
    const key = keys.get(reference)
    if (provider.away || key === undefined) {
      throw new KmsError('root-unavailable', `The provider in memory is away, or has no key "${reference}".`)
    }
    return key
  }

  const provider: MemoryProvider = {
    name,
    calls: { generate: 0, recover: 0 },
    away: false,

    async generate(reference, { signal }) {
      provider.calls.generate++
      const key = await ask(reference, signal)
      const z = Secret.take(crypto.getRandomValues(new Uint8Array(32)))
      const iv = crypto.getRandomValues(new Uint8Array(nonceLength))
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, z.reveal() as BufferSource)
      const blob = new Uint8Array(nonceLength + sealed.byteLength)
      blob.set(iv)
      blob.set(new Uint8Array(sealed), nonceLength)
      return { z, blob }
    },

    async recover(reference, blob, { signal }) {
      provider.calls.recover++
      const key = await ask(reference, signal)
      const iv = blob.slice(0, nonceLength)
      try {
        const z = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, blob.slice(nonceLength))
        return Secret.take(new Uint8Array(z))
      } catch {
        throw new KmsError('authentication-failed', 'The provider in memory refuses the blob.')
      }
    },
  }
  return provider
}
