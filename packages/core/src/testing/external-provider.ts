import { createWasmKeySlots, createWasmPrimitives } from '../crypto/wasm/index.ts'
import { openEnvelope, sealEnvelope } from '../envelope/envelope.ts'
import { type ExternalProvider, externalOpener, externalRecipient } from '../envelope/recipients/external.ts'
import { KmsError } from '../errors.ts'
import { pattern, text } from './bytes.ts'
import { type ConformanceCase, require, requireCode, requireEqual } from './conformance.ts'

/** A provider under test, and two keys that it has. */
export interface ExternalProviderSubject {
  readonly provider: ExternalProvider
  readonly reference: string
  /** Another key; cases that need it are left out where there is none. */
  readonly other?: string
  /** A reference that it has no key for; `no-such-key` unless given. */
  readonly missing?: string
  close?(): Promise<void>
}

/**
 * What every `ExternalProvider` does. Run the cases with any test runner: `for (const { name, run } of
 * externalProviderConformance(open)) test(name, run)`.
 * @param open makes the provider under test; called once a case
 */
export function externalProviderConformance(open: () => Promise<ExternalProviderSubject>): ConformanceCase[] {
  const on = (name: string, check: (subject: ExternalProviderSubject) => Promise<void>): ConformanceCase => ({
    name,
    async run() {
      const subject = await open()
      try {
        await check(subject)
      } finally {
        await subject.close?.()
      }
    },
  })
  const { signal } = new AbortController()

  return [
    on('its name can stand in an envelope', async ({ provider }) => {
      require(/^[!-~]{1,255}$/.test(provider.name), '1 to 255 characters from ! to ~')
    }),
    on('what it generates it recovers', async ({ provider, reference }) => {
      const { z, blob } = await provider.generate(reference, { signal })
      require(z.length === 32, 'a Z of 32 bytes')
      require(blob.length <= 65_535, 'a blob of 65,535 bytes at most')
      const kept = z.reveal().slice()
      z.wipe()
      const first = await provider.recover(reference, blob.slice(), { signal })
      requireEqual(first.reveal(), kept, 'what is recovered')
      first.wipe()
      requireEqual((await provider.recover(reference, blob, { signal })).reveal(), kept, 'what is recovered again')
    }),
    on('each Z is fresh', async ({ provider, reference }) => {
      const seen = new Set<string>()
      for (let i = 0; i < 3; i++) {
        const { z } = await provider.generate(reference, { signal })
        seen.add([...z.reveal()].join())
        require([...z.reveal()].some((byte) => byte !== z.reveal()[0]), 'bytes that differ')
      }
      require(seen.size === 3, 'three different ones')
    }),
    on(
      'a changed, cut or empty blob does not give the same Z, and is no missing answer',
      async ({ provider, reference }) => {
        const { z, blob } = await provider.generate(reference, { signal })
        const changed = [0, blob.length >> 1, blob.length - 1].map((at) => {
          const copy = blob.slice()
          copy[at] = (copy[at] as number) ^ 1
          return copy
        })
        for (const other of [...changed, blob.subarray(0, -1), blob.subarray(0, 1), pattern(0, 0), pattern(1000, 3)]) {
          requireEqual(await refusal(provider, reference, other, z.reveal()), 'refused', 'a blob that it did not make')
        }
      },
    ),
    on('a key that it has not gives no answer', async ({ provider, missing = 'no-such-key' }) => {
      await requireCode('root-unavailable', 'generating', () => provider.generate(missing, { signal }))
      await requireCode('root-unavailable', 'recovering', () => provider.recover(missing, pattern(60, 1), { signal }))
    }),
    on('a blob of one key is nothing to another', async ({ provider, reference, other }) => {
      if (other === undefined) return
      const { z, blob } = await provider.generate(reference, { signal })
      requireEqual(await refusal(provider, other, blob, z.reveal()), 'refused', "another key's blob")
    }),
    on('an aborted call ends', async ({ provider, reference }) => {
      const { blob } = await provider.generate(reference, { signal })
      const aborted = { signal: AbortSignal.abort() }
      for (const call of [provider.generate(reference, aborted), provider.recover(reference, blob, aborted)]) {
        require(await call.then(
          () => false,
          () => true,
        ), 'a call with an aborted signal to fail')
      }
    }),
    on('concurrent calls do not disturb each other', async ({ provider, reference }) => {
      const made = await Promise.all([1, 2, 3, 4].map(() => provider.generate(reference, { signal })))
      const back = await Promise.all(made.map(({ blob }) => provider.recover(reference, blob, { signal })))
      for (const [i, { z }] of made.entries()) requireEqual(back[i]?.reveal(), z.reveal(), `Z ${i}`)
    }),
    on('an envelope to it opens, in its context alone', async ({ provider, reference }) => {
      const [primitives, slots] = [createWasmPrimitives(), createWasmKeySlots()]
      const recipient = externalRecipient(provider, reference, { primitives })
      const openers = [externalOpener(provider, reference, { primitives })]
      const context = { of: 'the conformance suite' }
      const message = text('a message')
      const envelope = await sealEnvelope(message, { context, recipients: [recipient], primitives, slots })
      recipient.wipe()
      requireEqual(await openEnvelope(envelope, { context, openers, primitives, slots }), message, 'the message')
      await requireCode('authentication-failed', 'another context', () =>
        openEnvelope(envelope, { context: { of: 'another' }, openers, primitives, slots }),
      )
    }),
  ]
}

/** What comes of a blob that does not belong: `refused` is right. Some providers recover other bytes from any blob, which is, too. */
async function refusal(
  provider: ExternalProvider,
  reference: string,
  blob: Uint8Array,
  z: Uint8Array,
): Promise<string> {
  const { signal } = new AbortController()
  try {
    const recovered = await provider.recover(reference, blob, { signal })
    return [...recovered.reveal()].join() === [...z].join() ? 'recovered' : 'refused'
  } catch (error) {
    return error instanceof KmsError && error.code === 'authentication-failed' ? 'refused' : String(error)
  }
}
