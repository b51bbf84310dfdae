import { afterEach, expect, test } from 'vitest'
import { type KeyStore, Kms, Secret } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts, root, shared } from '../kms/memory-kms.ts'

type WebCrypto = typeof globalThis.crypto

const opened: Kms[] = []
const kept = (kms: Kms): Kms => {
  opened.push(kms)
  return kms
}
afterEach(async () => {
  for (const kms of opened.splice(0)) await kms.close()
})

/** The platform's WebCrypto with some calls replaced. */
function withSubtle(change: Partial<SubtleCrypto>): WebCrypto {
  const { subtle } = globalThis.crypto
  const bound = Object.fromEntries(
    ['generateKey', 'importKey', 'exportKey', 'sign', 'verify', 'deriveBits', 'encrypt', 'decrypt', 'digest'].map(
      (name) => [name, (subtle as unknown as Record<string, (...of: unknown[]) => unknown>)[name]?.bind(subtle)],
    ),
  )
  return {
    subtle: { ...bound, ...change } as SubtleCrypto,
    getRandomValues: (array: Uint8Array) => globalThis.crypto.getRandomValues(array),
    randomUUID: () => globalThis.crypto.randomUUID(),
  } as unknown as WebCrypto
}

const isEcdsa = (algorithm: unknown): boolean => (algorithm as { name: string }).name === 'ECDSA'

/** A pair that takes as long to make as one of RSA on a slow machine. */
function slowly(): { readonly crypto: WebCrypto; made: number } {
  const { subtle } = globalThis.crypto
  const counted = {
    made: 0,
    crypto: withSubtle({
      generateKey: (async (...of: Parameters<SubtleCrypto['generateKey']>) => {
        if (!isEcdsa(of[0])) return subtle.generateKey(...of)
        counted.made++
        await new Promise((resolve) => setTimeout(resolve, 150))
        return subtle.generateKey(...of)
      }) as SubtleCrypto['generateKey'],
    }),
  }
  return counted
}

/** Makes keys without a pause, until it is stopped. */
function noise(store: KeyStore): Promise<{ stop(): Promise<void> }> {
  return openKms(store).then((kms) => {
    let on = true
    const work = (async () => {
      for (let i = 0; on; i++) {
        await kms.keys.create(`noise ${i}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    })()
    return {
      async stop() {
        on = false
        await work
        await kms.close()
      },
    }
  })
}

test('a key whose pair takes long to make is made, and rotated, while others commit: once each', async () => {
  const counted = slowly()
  const { kms, store } = await newKms({ crypto: counted.crypto })
  kept(kms)
  const others = await noise(store)
  await kms.keys.create('slow', { purpose: 'sign', spec: 'p-256' })
  await kms.keys.rotate('slow')
  await others.stop()
  expect((await kms.keys.show('slow')).primary).toBe('2')
  expect(counted.made).toBe(2)
})

test('a compromise of such a key revokes it before the new pair is made', async () => {
  const counted = slowly()
  const { kms, store } = await newKms({ crypto: counted.crypto })
  kept(kms)
  await kms.keys.create('slow', { purpose: 'sign', spec: 'p-256' })
  const states: string[] = []
  counted.made = 0
  const watching = kept(await openKms(store))
  const declared = kms.incidents.declare('compromise', { keys: ['slow'] }, { reason: 'test' })
  while (counted.made === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  states.push((await watching.keys.version('slow', 1)).state)
  await declared
  expect(states).toEqual(['compromised'])
  expect((await kms.keys.show('slow')).primary).toBe('2')
})

test('a version that this machine cannot use does not become the primary: its test is waited for', async () => {
  const { subtle } = globalThis.crypto
  let imports = 0
  const crypto = withSubtle({
    importKey: (async (...of: Parameters<SubtleCrypto['importKey']>) => {
      // The first is that of the test before the version is recorded, the second that before it becomes the primary.
      if (of[0] === 'pkcs8' && isEcdsa(of[2]) && ++imports > 1) throw new DOMException('none', 'NotSupportedError')
      return subtle.importKey(...of)
    }) as SubtleCrypto['importKey'],
  })
  const { kms, store } = await newKms()
  kept(kms)
  await kms.keys.create('a', { purpose: 'sign', spec: 'p-256' })
  const other = kept(await Kms.open({ ...parts(store, { crypto }), root: root() }))
  expect(await codeOf(() => other.keys.rotate('a'))).toBe('unsupported')
  expect((await kms.keys.show('a')).primary).toBe('1')
})

/** A store that tells nobody of changes. */
const silent = (store: KeyStore): KeyStore => ({ ...shared(store), watch: async function* () {} })

test('what a version made that this process has not heard of verifies and opens', async () => {
  const { kms, store } = await newKms()
  kept(kms)
  for (const [name, purpose, spec] of [
    ['s', 'sign', 'ed25519'],
    ['a', 'agree', 'p-256'],
    ['t', 'transport', 'rsa-2048'],
  ] as const) {
    await kms.keys.create(name, { purpose, spec })
  }
  const behind = kept(await openKms(silent(store)))
  const verifier = await behind.use('s', { purpose: 'verify' })
  const agree = await behind.use('a', { purpose: 'agree' })
  const transport = await behind.use('t', { purpose: 'transport' })
  for (const name of ['s', 'a', 't']) await kms.keys.rotate(name, { reason: 'yearly' })
  const signature = await (await kms.use('s', { purpose: 'sign' })).sign('x')
  expect(await verifier.verify(signature, 'x')).toMatchObject({ version: '2' })
  expect(await verifier.verify(signature, 'x', { version: 2 })).toMatchObject({ version: '2' })
  const { pem } = await kms.keys.publicKey('a', 1)
  expect((await agree.agree(pem as string, { info: 'x', version: 2 })).version).toBe('2')
  const sent = await (await kms.use('t', { purpose: 'transport' })).wrapKey(Secret.copy(new Uint8Array(32).fill(3)))
  expect((await transport.unwrapKey(sent.bytes, { version: 2 })).length).toBe(32)
})

test('what is signed and verified is what was given, whatever becomes of the caller’s arrays', async () => {
  const { kms } = await newKms()
  kept(kms)
  await kms.keys.create('s', { purpose: 'sign' })
  const key = await kms.use('s', { purpose: 'sign' })
  const verifier = await kms.use('s', { purpose: 'verify' })
  const data = new TextEncoder().encode('xms1/record')
  const signing = key.sign(data)
  data[0] = 'k'.charCodeAt(0)
  const signature = await signing
  const original = new TextEncoder().encode('xms1/record')
  expect(await verifier.verify(signature, original)).toMatchObject({ version: '1' })
  expect(await codeOf(() => verifier.verify(signature, data))).toBe('authentication-failed')
  const verifying = verifier.verify(signature, data)
  data[0] = 'x'.charCodeAt(0)
  expect(await codeOf(() => verifying)).toBe('authentication-failed')
})

test('a key that is there already and something else is not given for the one asked for', async () => {
  const { kms } = await newKms()
  kept(kms)
  await kms.keys.create('a')
  const [asked] = await kms.keys.createMany([{ name: 'a', purpose: 'sign' }], { ifAbsent: true })
  expect(asked).toMatchObject({ ok: false, error: { code: 'invalid-argument' } })
  expect(await codeOf(() => kms.keys.ensure('a', { purpose: 'sign' }))).toBe('invalid-argument')
  expect(await codeOf(() => kms.keys.ensure('a', { exportable: true }))).toBe('invalid-argument')
  expect((await kms.keys.ensure('a')).name).toBe('a')
})

test('whoever verifies opens no private half', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('s', { purpose: 'sign', spec: 'p-256' })
  const signature = await (await kms.use('s', { purpose: 'sign' })).sign('x')
  await kms.close()
  const counted = parts(store)
  let imports = 0
  const { subtle } = globalThis.crypto
  const crypto = withSubtle({
    importKey: (async (...of: Parameters<SubtleCrypto['importKey']>) => {
      if (of[0] === 'pkcs8' && isEcdsa(of[2])) imports++
      return subtle.importKey(...of)
    }) as SubtleCrypto['importKey'],
  })
  const verifying = kept(await Kms.open({ ...counted, crypto, root: root() }))
  imports = 0
  const verifier = await verifying.use('s', { purpose: 'verify' })
  expect(await verifier.verify(signature, 'x')).toMatchObject({ version: '1' })
  expect(imports).toBe(0)
})

test('what is wrong with a call is a rejection, which audit listeners are told of, never a throw', async () => {
  const told: string[] = []
  const { kms } = await newKms({ onAudit: ({ operation, outcome }) => told.push(`${operation} ${outcome}`) })
  kept(kms)
  await kms.keys.create('s', { purpose: 'sign' })
  await kms.keys.create('q', { purpose: 'agree', spec: 'x-wing' })
  const key = await kms.use('s', { purpose: 'sign' })
  const verifier = await kms.use('s', { purpose: 'verify' })
  const quantum = await kms.use('q', { purpose: 'agree' })
  await expect(quantum.agree('', { info: 'x' })).rejects.toMatchObject({ code: 'unsupported' })
  await expect(key.sign(7 as unknown as string)).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(kms.keys.create('x', { purpose: 'none' as 'sign' })).rejects.toMatchObject({ code: 'invalid-argument' })
  const file = await key.signFile(new Uint8Array(3))
  await expect(verifier.verifyFile(file, new Uint8Array(4))).rejects.toMatchObject({ code: 'authentication-failed' })
  expect(told).toContain('verify authentication-failed')
  const signer = key.signer()
  await kms.keys.rotate('s')
  await expect(signer.sign(new Uint8Array(1))).rejects.toMatchObject({ code: 'conflict' })
})
