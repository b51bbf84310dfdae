import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  type ExternalProvider,
  encryptedLength,
  externalOpener,
  externalRecipient,
  externalRecipientLength,
  inspect,
  type KeyHolder,
  keyOpener,
  keyRecipient,
  openEnvelope,
  passwordOpener,
  passwordRecipient,
  rootKeyHolder,
  sealEnvelope,
} from '../../src/envelope.ts'
import { KmsError, type Opener, type Recipient, Secret } from '../../src/index.ts'
import { externalProviderConformance, memoryProvider } from '../../src/testing/index.ts'
import { primitives, slots } from './backend.ts'

const context = { tenant: 'acme' }
const message = Buffer.from('attack at dawn')
const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const seal = (recipients: readonly Recipient[]): Promise<Uint8Array> =>
  sealEnvelope(message, { context, recipients, primitives, slots })
const open = (envelope: Uint8Array, openers: readonly Opener[], of = context): Promise<Uint8Array> =>
  openEnvelope(envelope, { context: of, openers, primitives, slots })
const holder: KeyHolder = rootKeyHolder(Secret.take(new Uint8Array(32).fill(1)), primitives)

afterEach(() => {
  vi.useRealTimers()
})

describe('a provider in memory', () => {
  const subject = { provider: memoryProvider(['keys/1', 'keys/2']), reference: 'keys/1', other: 'keys/2' }
  for (const { name, run } of externalProviderConformance(async () => subject)) test(name, run)
})

test('the conformance suite finds a provider that keeps to one Z', async () => {
  const honest = memoryProvider(['key'])
  const once = honest.generate('key', { signal: AbortSignal.any([]) })
  const lazy: ExternalProvider = {
    name: 'lazy',
    generate: async () => ({ z: Secret.copy((await once).z.reveal()), blob: (await once).blob }),
    recover: async () => Secret.copy((await once).z.reveal()),
  }
  const failed: string[] = []
  for (const { name, run } of externalProviderConformance(async () => ({ provider: lazy, reference: 'key' }))) {
    await Promise.resolve(run()).catch(() => failed.push(name))
  }
  expect(failed).toEqual(expect.arrayContaining(['each Z is fresh', 'a key that it has not gives no answer']))
})

test('an envelope names provider and reference, has the length promised, and opens with them alone [E-65] [E-67]', async () => {
  const provider = memoryProvider(['keys/app', 'keys/other'])
  const envelope = await seal([externalRecipient(provider, 'keys/app', { primitives })])
  expect(inspect(envelope).recipients).toMatchObject([{ name: 'external', provider: 'memory', reference: 'keys/app' }])
  expect(envelope).toHaveLength(encryptedLength(message.length, [externalRecipientLength('memory', 'keys/app', 60)]))
  expect(Buffer.from(await open(envelope, [externalOpener(provider, 'keys/app', { primitives })]))).toEqual(message)
  await expect(
    open(envelope, [externalOpener(provider, 'keys/app', { primitives })], { tenant: 'other' }),
  ).rejects.toThrow(code('authentication-failed'))
})

test('a Z that a provider gives after its deadline is wiped', async () => {
  const provider = memoryProvider(['key'])
  const envelope = await seal([externalRecipient(provider, 'key', { primitives })])
  const given: Secret[] = []
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60))
  const slow: ExternalProvider = {
    name: provider.name,
    async generate(...asked) {
      const generated = await provider.generate(...asked)
      await wait()
      given.push(generated.z)
      return generated
    },
    async recover(...asked) {
      const z = await provider.recover(...asked)
      await wait()
      given.push(z)
      return z
    },
  }
  const hurried = { primitives, deadline: 5 }
  await expect(seal([externalRecipient(slow, 'key', hurried)])).rejects.toThrow(code('root-unavailable'))
  await expect(open(envelope, [externalOpener(slow, 'key', hurried)])).rejects.toThrow(code('root-unavailable'))
  await vi.waitFor(() => expect(given.map(({ length }) => length)).toEqual([0, 0]), 30_000)
})

test('references are matched and never followed: a provider is not asked about another [E-68]', async () => {
  const provider = memoryProvider(['keys/app', 'keys/other'])
  const namesake = memoryProvider(['keys/app'], 'memory2')
  const envelope = await seal([externalRecipient(provider, 'keys/app', { primitives })])
  for (const opener of [
    externalOpener(provider, 'keys/other', { primitives }),
    externalOpener(provider, 'keys/ap', { primitives }),
    externalOpener(provider, 'keys/app/', { primitives }),
    externalOpener(provider, 'KEYS/app', { primitives }),
    externalOpener(namesake, 'keys/app', { primitives }),
  ]) {
    await expect(open(envelope, [opener])).rejects.toThrow(code('no-matching-key'))
  }
  expect(provider.calls.recover + namesake.calls.recover).toBe(0)
})

describe('one Z serves many envelopes [E-66]', () => {
  const blobs = (envelopes: readonly Uint8Array[]): number =>
    new Set(envelopes.map((envelope) => Buffer.from(envelope.subarray(30, 100)).toString('hex'))).size

  test('until it served as often as it may', async () => {
    const provider = memoryProvider(['key'])
    const recipient = externalRecipient(provider, 'key', { primitives, maxEnvelopes: 3 })
    const envelopes = await Promise.all(Array.from({ length: 7 }, () => seal([recipient])))
    expect(provider.calls.generate).toBe(3)
    const opener = externalOpener(provider, 'key', { primitives })
    for (const envelope of envelopes) expect(Buffer.from(await open(envelope, [opener]))).toEqual(message)
    expect(blobs(envelopes)).toBe(7)
  })

  test('for a day, on whichever clock it passes', async () => {
    for (const toFake of [['Date'], ['performance']] as const) {
      vi.useFakeTimers({ toFake: [...toFake] })
      const provider = memoryProvider(['key'])
      const recipient = externalRecipient(provider, 'key', { primitives })
      await seal([recipient])
      vi.advanceTimersByTime(86_400_000 - 60_000)
      await seal([recipient])
      expect(provider.calls.generate).toBe(1)
      vi.advanceTimersByTime(120_000)
      await seal([recipient])
      expect(provider.calls.generate).toBe(2)
      vi.useRealTimers()
    }
  })

  test('until the recipient is wiped, and a failure is not kept', async () => {
    const provider = memoryProvider(['key'])
    const recipient = externalRecipient(provider, 'key', { primitives })
    await seal([recipient])
    recipient.wipe()
    provider.away = true
    await expect(seal([recipient])).rejects.toThrow(code('root-unavailable'))
    provider.away = false
    const envelope = await seal([recipient])
    expect(provider.calls.generate).toBe(3)
    expect(Buffer.from(await open(envelope, [externalOpener(provider, 'key', { primitives })]))).toEqual(message)
  })

  test('and not for longer than the specification allows', () => {
    const provider = memoryProvider(['key'])
    for (const limits of [{ maxAge: 86_400_001 }, { maxAge: -1 }, { maxEnvelopes: 0 }, { maxEnvelopes: 2 ** 20 + 1 }]) {
      expect(() => externalRecipient(provider, 'key', { primitives, ...limits })).toThrow(code('invalid-argument'))
    }
  })
})

test('a provider that gives no answer is passed over for the next held; with none it is root-unavailable [E-72]', async () => {
  const provider = memoryProvider(['key'])
  const password = Secret.fromPassword('secret')
  const envelope = await seal([
    externalRecipient(provider, 'key', { primitives }),
    keyRecipient(holder, { primitives }),
    passwordRecipient(password, { primitives, kdf: 'pbkdf2' }),
  ])
  const held = externalOpener(provider, 'key', { primitives })
  provider.away = true
  expect(Buffer.from(await open(envelope, [held, keyOpener(holder, { primitives })]))).toEqual(message)
  await expect(open(envelope, [held])).rejects.toThrow(code('root-unavailable'))
  await expect(open(envelope, [held, passwordOpener(password, { primitives })])).rejects.toThrow(
    code('root-unavailable'),
  )
})

test('a provider that gives no answer is asked once, however often an envelope names it', async () => {
  const provider = memoryProvider(['key'])
  const recipients = Array.from({ length: 20 }, () => externalRecipient(provider, 'key', { primitives }))
  const envelope = await seal(recipients)
  let asked = 0
  const held = externalOpener(
    {
      name: provider.name,
      generate: (...given) => provider.generate(...given),
      recover() {
        asked++
        throw new KmsError('root-unavailable', 'The provider gave no answer.')
      },
    },
    'key',
    { primitives },
  )
  await expect(open(envelope, [held])).rejects.toThrow(code('root-unavailable'))
  expect(asked).toBe(1)
})

test('a provider that refuses the blob is an error, though another recipient would open [E-71]', async () => {
  const provider = memoryProvider(['key'])
  const envelope = await seal([
    externalRecipient(provider, 'key', { primitives }),
    keyRecipient(holder, { primitives }),
  ])
  const again = memoryProvider(['key'])
  const openers = [externalOpener(again, 'key', { primitives }), keyOpener(holder, { primitives })]
  await expect(open(envelope, openers)).rejects.toThrow(code('authentication-failed'))
})

test('a provider that hangs, or fails as it likes, gives no answer; one that is cancelled is aborted', async () => {
  const good = memoryProvider(['key'])
  const envelope = await seal([externalRecipient(good, 'key', { primitives })])
  let told: AbortSignal | undefined
  const hanging: ExternalProvider = {
    name: 'memory',
    generate: () => new Promise(() => {}),
    recover: (_, __, { signal }) => {
      told = signal
      return new Promise(() => {})
    },
  }
  const failing: ExternalProvider = { ...hanging, recover: () => Promise.reject(new TypeError('fetch failed')) }
  await expect(open(envelope, [externalOpener(hanging, 'key', { primitives, deadline: 20 })])).rejects.toThrow(/20 ms/)
  expect(told?.aborted).toBe(true)
  await expect(open(envelope, [externalOpener(failing, 'key', { primitives })])).rejects.toMatchObject({
    code: 'root-unavailable',
    cause: { message: 'fetch failed' },
  })
  const stop = new AbortController()
  const waiting = open(envelope, [externalOpener(hanging, 'key', { primitives, signal: stop.signal })])
  setTimeout(() => stop.abort(), 5)
  await expect(waiting).rejects.toThrow(code('aborted'))
})

test.each([0, 16, 31, 33, 64])('a Z of %i bytes opens nothing, and none is sealed under it', async (length) => {
  const good = memoryProvider(['key'])
  const envelope = await seal([externalRecipient(good, 'key', { primitives })])
  const z = (): Secret => Secret.take(new Uint8Array(length).fill(1))
  const odd: ExternalProvider = {
    name: 'memory',
    generate: async () => ({ z: z(), blob: new Uint8Array(1) }),
    recover: async () => z(),
  }
  await expect(open(envelope, [externalOpener(odd, 'key', { primitives })])).rejects.toThrow(
    code('authentication-failed'),
  )
  await expect(seal([externalRecipient(odd, 'key', { primitives })])).rejects.toThrow(KmsError)
})

test('names that cannot stand in an envelope are refused', () => {
  const provider = memoryProvider(['key'])
  for (const reference of ['', 'with space', 'ümlaut', 'a'.repeat(65_536)]) {
    expect(() => externalRecipient(provider, reference, { primitives })).toThrow(code('invalid-argument'))
  }
  for (const name of ['', 'my provider', 'a'.repeat(256)]) {
    expect(() => externalOpener({ ...provider, name }, 'key', { primitives })).toThrow(code('invalid-argument'))
  }
  expect(() => externalOpener(provider, 'key', { primitives, deadline: 0 })).toThrow(code('invalid-argument'))
})
