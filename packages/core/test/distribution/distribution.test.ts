import { describe, expect, test } from 'vitest'
import { generateRecipientKeyPair, type KeyPackage, readPublicKey, sealKeyPackage } from '../../src/envelope.ts'
import { type Kms, type KmsParts, Secret, type SendOptions, type Signer } from '../../src/index.ts'
import type { PackagedVersion } from '../../src/key-packages/index.ts'
import type { KeySpecName } from '../../src/specs/key-specs.ts'
import { primitives, slots } from '../envelope/backend.ts'
import { codeOf, newKms, openKms, parts, shared } from '../kms/memory-kms.ts'

const context = { table: 'users' }

/** A sender with a key `data` and a signing key, and a recipient with an inbox. */
async function two(more: Partial<KmsParts> = {}): Promise<{
  sender: Kms
  recipient: Kms
  from: Signer
  to: SendOptions['to']
  store: Awaited<ReturnType<typeof newKms>>['store']
}> {
  const { kms: sender, store } = await newKms(more)
  const { kms: recipient } = await newKms()
  await sender.keys.create('office', { purpose: 'sign' })
  await recipient.keys.create('inbox', { purpose: 'agree' })
  const from = (await sender.use('office', { purpose: 'sign' })).signer()
  const { pem, fingerprint } = await recipient.keys.publicKey('inbox')
  return { sender, recipient, from, to: { publicKey: pem as string, fingerprint, name: 'branch' }, store }
}

describe('a key that is sent', () => {
  test('opens at the recipient what the sender sealed, and the reverse [C-97]', async () => {
    const { sender, recipient, from, to } = await two()
    const { id } = await sender.keys.create('data', { exportable: true })
    const before = await sender.encrypt('before', { key: 'data', context })
    await sender.keys.rotate('data')
    const after = await sender.encrypt('after', { key: 'data', context })
    const { envelope } = await sender.keys.send('data', { to, from, versions: 'all' })
    const { key, sender: by } = await recipient.keys.receive(envelope, { from, with: 'inbox', as: 'from-head-office' })
    expect(key).toMatchObject({ id, name: 'from-head-office', primary: '2', exportable: false })
    expect(key.versions.map(({ label, state, origin }) => [label, state, origin])).toEqual([
      ['1', 'deactivated', 'imported'],
      ['2', 'active', 'imported'],
    ])
    expect(by.publicKey).toEqual(from.publicKey)
    expect(await recipient.decryptText(before, { key: 'from-head-office', context })).toBe('before')
    expect(await recipient.decryptText(after, { key: 'from-head-office', context })).toBe('after')
    const answer = await recipient.encrypt('answer', { key: 'from-head-office', context })
    expect(await sender.decryptText(answer, { key: 'data', context })).toBe('answer')
  })

  test('gets further versions from the same sender, which wait for a rotation to them [C-101]', async () => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('data', { exportable: true })
    const first = await sender.keys.send('data', { to, from })
    const { versions: ones } = await recipient.keys.receive(first.envelope, { from, with: 'inbox', as: 'theirs' })
    expect(ones).toEqual(['1'])
    const held = await recipient.use('theirs', { purpose: 'encrypt' })
    await sender.keys.rotate('data')
    const second = await sender.encrypt('second', { key: 'data', context })
    await sender.keys.rotate('data')
    const all = await sender.keys.send('data', { to, from, versions: 'all' })
    const again = await recipient.keys.receive(all.envelope, { from, with: 'inbox' })
    expect(again.versions).toEqual(['2', '3'])
    expect(again.key).toMatchObject({ name: 'theirs', primary: '1' })
    const states = again.key.versions.map(({ label, state }) => [label, state])
    expect(Object.fromEntries(states)).toEqual({ 1: 'active', 2: 'deactivated', 3: 'pre-active' })
    expect(await recipient.decryptText(second, { key: 'theirs', context })).toBe('second')
    const rotated = await recipient.rotations.rotate('theirs', { to: '3' })
    expect(rotated.primary).toBe('3')
    const third = await sender.encryptText('third', { key: 'data', context })
    expect(held.openText(third, context)).toBe('third')
    expect(await sender.decryptText(held.sealText('answer', context), { key: 'data', context })).toBe('answer')
    expect(await codeOf(() => recipient.keys.receive(all.envelope, { from, with: 'inbox' }))).toBe('key-exists')
    // Its own versions have no number of the sender's still.
    expect((await recipient.keys.rotate('theirs')).primary).toMatch(/^r[0-9a-f]{4}\.1$/)
    expect((await recipient.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
  })

  test('gets none from another sender, none that differ, and none that may not be passed on where it may [C-101]', async () => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('data', { exportable: true })
    const once = await sender.keys.send('data', { to, from, passOn: true })
    await recipient.keys.receive(once.envelope, { from, with: 'inbox' })
    await sender.keys.rotate('data')
    const kept = await sender.keys.send('data', { to, from })
    expect(await codeOf(() => recipient.keys.receive(kept.envelope, { from, with: 'inbox' }))).toBe('not-permitted')
    await sender.keys.create('other office', { purpose: 'sign' })
    const other = (await sender.use('other office', { purpose: 'sign' })).signer()
    const theirs = await sender.keys.send('data', { to, from: other, passOn: true })
    const accepted = { from: [from, other], with: 'inbox' }
    expect(await codeOf(() => recipient.keys.receive(theirs.envelope, accepted))).toBe('key-exists')
    expect((await recipient.keys.show('data')).versions).toHaveLength(1)
  })

  test('gets versions at the recipient that have no number of the sender’s [C-98]', async () => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('data', { exportable: true })
    const { envelope } = await sender.keys.send('data', { to, from })
    await recipient.keys.create('own')
    await recipient.keys.receive(envelope, { from, with: 'inbox' })
    const theirs = await sender.keys.rotate('data')
    const ours = await recipient.keys.rotate('data')
    expect(theirs.primary).toBe('2')
    expect(ours.primary).toMatch(/^r[0-9a-f]{4}\.1$/)
    const sealed = await sender.encrypt('x', { key: 'data', context })
    expect(await codeOf(() => recipient.decrypt(sealed, { key: 'data', context }))).toBe('version-lost')
    const own = await recipient.encrypt('mine', { key: 'own', context })
    expect(await recipient.decryptText(own, { key: 'own', context })).toBe('mine')
    // The second key that comes in finds an incarnation that is not the sender's already.
    const { incarnation } = recipient.info
    await sender.keys.create('more', { exportable: true })
    await recipient.keys.receive((await sender.keys.send('more', { to, from })).envelope, { from, with: 'inbox' })
    expect(recipient.info.incarnation).toBe(incarnation)
    expect((await recipient.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
  })

  test.each([
    ['encrypt', 'symmetric-256'],
    ['encrypt', 'symmetric-128'],
    ['mac', 'hmac-384'],
    ['derive', 'symmetric-256'],
    ['sign', 'ed25519'],
    ['sign', 'p-256'],
    ['sign', 'p-384'],
    ['sign', 'rsa-2048'],
    ['agree', 'x25519'],
    ['agree', 'p-256'],
    ['agree', 'p-521'],
    ['agree', 'x-wing'],
    ['transport', 'rsa-2048'],
  ] as const)('to %s of %s is the same key at the recipient [C-96]', async (purpose, spec) => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('k', { purpose, spec: spec as KeySpecName, exportable: true })
    const { envelope } = await sender.keys.send('k', { to, from })
    const { key } = await recipient.keys.receive(envelope, { from, with: 'inbox', purpose })
    expect(key).toMatchObject({ purpose, spec, primary: '1' })
    if (purpose === 'mac') {
      const made = (await sender.use('k', { purpose })).mac('x')
      expect((await recipient.use('k', { purpose })).verify(made, 'x').version).toBe('1')
    } else if (purpose === 'derive') {
      const [a, b] = [await sender.use('k', { purpose }), await recipient.use('k', { purpose })]
      expect((await b.derive('p')).key.reveal()).toEqual((await a.derive('p')).key.reveal())
    } else if (purpose === 'sign') {
      const signature = await (await recipient.use('k', { purpose })).sign('x')
      const verifier = await sender.use('k', { purpose: 'verify' })
      expect(await verifier.verify(signature, 'x')).toMatchObject({ version: '1' })
    } else if (purpose === 'transport') {
      const [a, b] = [await sender.use('k', { purpose }), await recipient.use('k', { purpose })]
      const sent = await a.wrapKey(Secret.copy(new Uint8Array(32).fill(5)))
      expect((await b.unwrapKey(sent.bytes)).reveal()).toEqual(new Uint8Array(32).fill(5))
    } else if (purpose === 'agree') {
      expect((await recipient.keys.publicKey('k')).bytes).toEqual((await sender.keys.publicKey('k')).bytes)
      if (spec === 'p-521') return
      const sealed = await sender.encrypt('x', { to: await sender.recipient('k'), context })
      const opened = await recipient.decrypt(sealed, { openers: [await recipient.opener('k')], context })
      expect(new TextDecoder().decode(opened)).toBe('x')
    }
  })

  test.each([{ kem: 'P-256' }, { kem: 'X-Wing' }, { rsa: 2048 }] as const)(
    'goes to a key pair of %o, too',
    async (type) => {
      const { sender, recipient, from } = await two()
      await sender.keys.create('data', { exportable: true })
      const pair = await generateRecipientKeyPair(type)
      const fingerprint = Buffer.from(pair.publicKey.fingerprint).toString('hex')
      const { envelope } = await sender.keys.send('data', { to: { publicKey: pair.publicKey, fingerprint }, from })
      const other = await generateRecipientKeyPair()
      expect((await recipient.keys.receive(envelope, { from: [from], with: [other, pair] })).key.name).toBe('data')
    },
  )

  test('is refused where it was not made to be given out, or a version may not be used', async () => {
    const { sender, from, to } = await two()
    await sender.keys.create('closed')
    expect(await codeOf(() => sender.keys.send('closed', { to, from }))).toBe('not-permitted')
    await sender.keys.create('data', { exportable: true })
    await sender.keys.rotate('data')
    await sender.keys.compromise('data', 1)
    expect(await codeOf(() => sender.keys.send('data', { to, from, versions: [1] }))).toBe('version-compromised')
    expect(await codeOf(() => sender.keys.send('data', { to, from, versions: [7] }))).toBe('version-lost')
    const { distribution } = await sender.keys.send('data', { to, from, versions: 'all' })
    expect(distribution.versions).toEqual(['2'])
    await sender.keys.disable('data')
    expect(await codeOf(() => sender.keys.send('data', { to, from }))).toBe('key-disabled')
    expect(await sender.keys.distributions('data')).toHaveLength(1)
  })

  test('goes to nobody whose fingerprint is another than was said', async () => {
    const { sender, from, to, recipient } = await two()
    await sender.keys.create('data', { exportable: true })
    const { pem, fingerprint } = await recipient.keys.publicKey('inbox')
    const wrong = (await generateRecipientKeyPair()).publicKey
    for (const fake of [
      { publicKey: wrong, fingerprint },
      { publicKey: pem as string, fingerprint: `${fingerprint.slice(0, -1)}${fingerprint.endsWith('0') ? '1' : '0'}` },
    ]) {
      expect(await codeOf(() => sender.keys.send('data', { to: fake, from }))).toBe('authentication-failed')
    }
    for (const said of ['', 'abc', undefined as unknown as string]) {
      const fake = { publicKey: wrong, fingerprint: said }
      expect(await codeOf(() => sender.keys.send('data', { to: fake, from }))).toBe('invalid-argument')
    }
    expect(await sender.keys.distributions('data')).toEqual([])
    const spoken = fingerprint.toUpperCase().replace(/(....)/g, '$1 ')
    await sender.keys.send('data', { to: { ...to, fingerprint: spoken } as typeof to, from })
  })
})

describe('of each sending', () => {
  test('a record says who got which version, when, from whom and why [C-99]', async () => {
    const { sender, from, to, store } = await two()
    const { id } = await sender.keys.create('data', { exportable: true })
    await sender.keys.rotate('data')
    const first = await sender.keys.send('data', { to, from, versions: [1], reason: 'new branch' })
    const publicKey = (await generateRecipientKeyPair()).publicKey
    const at: Date[] = []
    const certificate = async (time: Date) => {
      at.push(time)
      return { publicKey, name: 'depot.example', certificate: 'ab'.repeat(32) }
    }
    await sender.keys.send('data', { to: { certificate }, from, environment: 'test', classification: 'internal' })
    expect(Math.abs((at[0] as Date).getTime() - Date.now())).toBeLessThan(60_000)
    const listed = await sender.keys.distributions('data')
    expect(listed.toSorted((a, b) => (a.reason < b.reason ? 1 : -1))).toEqual([
      {
        id: first.distribution.id,
        keyId: id,
        versions: ['1'],
        recipient: (to as { fingerprint: string }).fingerprint,
        recipientName: 'branch',
        certificate: null,
        signer: (await sender.keys.publicKey('office')).fingerprint,
        environment: null,
        classification: null,
        reason: 'new branch',
        time: expect.any(Date),
        by: expect.any(String),
      },
      expect.objectContaining({
        versions: ['2'],
        recipient: Buffer.from(publicKey.fingerprint).toString('hex'),
        recipientName: 'depot.example',
        certificate: 'ab'.repeat(32),
        environment: 'test',
        classification: 'internal',
      }),
    ])
    const again = await openKms(store)
    expect(await again.keys.distributions('data')).toEqual(listed)
    expect((await again.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
  })

  test('the record is committed before the package is given out: where the store does not take it, there is none [C-100]', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('data', { exportable: true })
    await kms.keys.create('office', { purpose: 'sign' })
    const broken = { ...shared(store), commit: async () => Promise.reject(new Error('full')) }
    const other = await openKms(store, { ...parts(broken), store: broken })
    const from = (await kms.use('office', { purpose: 'sign' })).signer()
    const { publicKey } = await generateRecipientKeyPair()
    const to = { publicKey, fingerprint: Buffer.from(publicKey.fingerprint).toString('hex') }
    await expect(other.keys.send('data', { to, from })).rejects.toThrow('full')
    expect(await kms.keys.distributions('data')).toEqual([])
  })

  test('a request repeated is one sending, and gives the key again', async () => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('data', { exportable: true })
    const requestId = crypto.randomUUID()
    const one = await sender.keys.send('data', { to, from, requestId })
    const again = await sender.keys.send('data', { to, from, requestId })
    expect(again.distribution).toEqual(one.distribution)
    expect(await sender.keys.distributions('data')).toHaveLength(1)
    await recipient.keys.receive(again.envelope, { from, with: 'inbox' })
    const other = await generateRecipientKeyPair()
    const elsewhere = {
      publicKey: other.publicKey,
      fingerprint: Buffer.from(other.publicKey.fingerprint).toString('hex'),
    }
    expect(await codeOf(() => sender.keys.send('data', { to: elsewhere, from, requestId }))).toBe('conflict')
  })

  test('destruction, compromise and the plan of an incident list those who were sent the version', async () => {
    const { sender, from, to } = await two()
    await sender.keys.create('signing', { purpose: 'sign', exportable: true })
    await sender.keys.send('signing', { to, from })
    await sender.keys.rotate('signing')
    await sender.keys.send('signing', { to, from })
    const plan = await sender.incidents.plan('compromise', { keys: ['signing'], version: 1 })
    expect(plan.keys[0]?.copies).toMatchObject([{ versions: ['1'], recipientName: 'branch' }])
    const whole = await sender.incidents.plan('compromise', { keys: ['signing'] })
    expect(whole.keys[0]?.copies).toHaveLength(2)
    expect((await sender.keys.compromise('signing', 2)).copies).toMatchObject([{ versions: ['2'] }])
    await sender.keys.retire('signing', 1).catch(() => {})
    const { copies } = await sender.keys.destroy('signing', 1)
    expect(copies).toMatchObject([{ versions: ['1'], recipientName: 'branch' }])
  })
})

describe('a key is not received', () => {
  test('from another sender, by another recipient, or with one byte changed', async () => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('data', { exportable: true })
    const { envelope } = await sender.keys.send('data', { to, from })
    await recipient.keys.create('stranger', { purpose: 'sign' })
    const stranger = (await recipient.use('stranger', { purpose: 'sign' })).signer()
    expect(await codeOf(() => recipient.keys.receive(envelope, { from: stranger, with: 'inbox' }))).toBe(
      'authentication-failed',
    )
    expect(await codeOf(() => recipient.keys.receive(envelope, { from: [], with: 'inbox' }))).toBe('invalid-argument')
    const other = await generateRecipientKeyPair()
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: other }))).toBe('no-matching-key')
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: 'stranger' }))).toBe('invalid-argument')
    for (let at = 0; at < envelope.length; at += 7) {
      const changed = envelope.slice()
      changed[at] = (changed[at] as number) ^ 1
      expect(await codeOf(() => recipient.keys.receive(changed, { from, with: 'inbox' }))).not.toBe('no error')
    }
    await recipient.keys.receive(envelope, { from, with: 'inbox' })
  })

  test('as sent by somebody who only passes it on', async () => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('data', { exportable: true })
    const { envelope } = await sender.keys.send('data', { to, from })
    await recipient.keys.receive(envelope, { from, with: 'inbox' })
    const { kms: third } = await newKms()
    await third.keys.create('inbox', { purpose: 'agree' })
    const { pem, fingerprint } = await third.keys.publicKey('inbox')
    await recipient.keys.create('office', { purpose: 'sign' })
    const own = (await recipient.use('office', { purpose: 'sign' })).signer()
    const onwards = { publicKey: pem as string, fingerprint }
    expect(await codeOf(() => recipient.keys.send('data', { to: onwards, from: own }))).toBe('not-permitted')
    await sender.keys.create('shared', { exportable: true })
    const passable = await sender.keys.send('shared', { to, from, passOn: true })
    await recipient.keys.receive(passable.envelope, { from, with: 'inbox' })
    const passed = await recipient.keys.send('shared', { to: onwards, from: own })
    expect(await codeOf(() => third.keys.receive(passed.envelope, { from, with: 'inbox' }))).toBe(
      'authentication-failed',
    )
    expect((await third.keys.receive(passed.envelope, { from: own, with: 'inbox' })).key.exportable).toBe(false)
  })

  test.each([
    [{ environment: 'production' }, {}, 'not-permitted'],
    [{ environment: 'production' }, { environment: 'test' }, 'not-permitted'],
    [{}, { environment: 'production' }, 'not-permitted'],
    [{ classification: 'secret' }, { classification: 'internal' }, 'not-permitted'],
    [{ classification: 'secret', environment: 'test' }, { classification: 'secret' }, 'not-permitted'],
    [{}, { purpose: 'sign' }, 'not-permitted'],
    [
      { environment: 'production', classification: 'secret' },
      { environment: 'production', classification: 'secret', purpose: 'encrypt' },
      'no error',
    ],
  ] as const)('that was sent for %o where it should be for %o: %s', async (sent, asked, code) => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('data', { exportable: true })
    const { envelope } = await sender.keys.send('data', { to, from, ...sent })
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: 'inbox', ...asked }))).toBe(code)
    expect((await recipient.keys.list()).length).toBe(code === 'no error' ? 2 : 1)
  })

  test('under a name or an id that is taken, nor with material that another version has', async () => {
    const { sender, recipient, from, to } = await two()
    await sender.keys.create('data', { exportable: true })
    const { envelope } = await sender.keys.send('data', { to, from })
    await recipient.keys.create('data')
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: 'inbox' }))).toBe('key-exists')
    await recipient.keys.receive(envelope, { from, with: 'inbox', as: 'theirs' })
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: 'inbox', as: 'x' }))).toBe('key-exists')
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: 'inbox', as: 'theirs' }))).toBe(
      'key-exists',
    )
  })
})

describe('what a sender puts together badly', () => {
  const good = crypto.getRandomValues(new Uint8Array(32))
  const counted = Uint8Array.from({ length: 32 }, (_, i) => i)
  const version = (
    number: number,
    state: string,
    bytes: Uint8Array,
    publicKey = new Uint8Array(0),
  ): PackagedVersion => ({
    number,
    state,
    created: 1_790_000_000_000,
    publicKey,
    material: Secret.copy(bytes),
  })
  const packaged = (more: Partial<KeyPackage>): KeyPackage => ({
    name: 'data',
    description: '',
    key: '5b0c1f0e-63d5-4a4b-8f7e-0f2f7a2d9c11',
    purpose: 'encrypt',
    spec: 'symmetric-256',
    origin: 'generated',
    exportable: true,
    created: 1_790_000_000_000,
    by: 'tests',
    store: '',
    ring: '',
    environment: '',
    classification: '',
    versions: [version(1, 'active', good)],
    ...more,
  })
  const pairs = async (): Promise<readonly PackagedVersion[]> => {
    const [a, b] = [await generateRecipientKeyPair(), await generateRecipientKeyPair()]
    return [version(1, 'active', a.privateKey.reveal(), b.publicKey.bytes)]
  }

  test.each<[string, () => Partial<KeyPackage> | Promise<Partial<KeyPackage>>, string]>([
    ['nothing', () => ({}), 'no error'],
    [
      'bytes that are all the same',
      () => ({ versions: [version(1, 'active', new Uint8Array(32).fill(7))] }),
      'weak-key',
    ],
    [
      'plain text',
      () => ({ versions: [version(1, 'active', new TextEncoder().encode('correct horse battery staple 123'))] }),
      'weak-key',
    ],
    ['bytes that are counted up', () => ({ versions: [version(1, 'active', counted)] }), 'weak-key'],
    ['too few bytes', () => ({ versions: [version(1, 'active', good.subarray(16))] }), 'invalid-argument'],
    [
      'halves of two pairs',
      async () => ({ purpose: 'agree', spec: 'x25519', versions: await pairs() }),
      'invalid-argument',
    ],
    [
      'a public half that is cut',
      async () => {
        const [{ publicKey, material }] = (await pairs()) as [PackagedVersion]
        return {
          purpose: 'agree',
          spec: 'x25519',
          versions: [version(1, 'active', material.reveal(), publicKey.subarray(1))],
        }
      },
      'malformed',
    ],
    [
      'one material twice',
      () => ({ versions: [version(1, 'deactivated', good), version(2, 'active', good)] }),
      'invalid-argument',
    ],
    [
      'one number twice',
      () => ({
        versions: [
          version(1, 'deactivated', good),
          version(
            1,
            'active',
            good.map((b) => b ^ 1),
          ),
        ],
      }),
      'malformed',
    ],
    [
      'two that protect',
      () => ({
        versions: [
          version(1, 'active', good),
          version(
            2,
            'active',
            good.map((b) => b ^ 1),
          ),
        ],
      }),
      'malformed',
    ],
    ['a version without a serial', () => ({ versions: [version(0x10000, 'active', good)] }), 'malformed'],
    ['a version that is compromised', () => ({ versions: [version(1, 'compromised', good)] }), 'malformed'],
    ['an unknown spec', () => ({ spec: 'symmetric-512' }), 'unsupported'],
    ['an unknown purpose', () => ({ purpose: 'guess' }), 'unsupported'],
    ['no UUID', () => ({ key: 'key/1' }), 'unsupported'],
    ['a name with a slash', () => ({ name: 'a/b' }), 'invalid-argument'],
  ])('%s: $2', async (_, of, code) => {
    const { recipient, from, to } = await two()
    const { fingerprint } = to as { fingerprint: string }
    const envelope = await sealKeyPackage(packaged(await of()), {
      recipients: [await recipient.recipient('inbox')],
      sent: { to: fingerprint, from },
      primitives,
      slots,
    })
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: 'inbox' }))).toBe(code)
    expect((await recipient.keys.list()).length).toBe(code === 'no error' ? 2 : 1)
  })

  test('material that was compromised here does not come back', async () => {
    const { recipient, from, to } = await two()
    await recipient.keys.create('old')
    const { version: imported } = await recipient.keys.importVersion('old', good.slice())
    const envelope = await sealKeyPackage(packaged({}), {
      recipients: [await recipient.recipient('inbox')],
      sent: { to: (to as { fingerprint: string }).fingerprint, from },
      primitives,
      slots,
    })
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: 'inbox' }))).toBe('invalid-argument')
    await recipient.keys.compromise('old', imported)
    expect(await codeOf(() => recipient.keys.receive(envelope, { from, with: 'inbox' }))).toBe('version-compromised')
  })
})

test('a public key that was read keeps its fingerprint', async () => {
  const { kms } = await newKms()
  for (const [name, purpose, spec] of [
    ['a', 'agree', 'x25519'],
    ['b', 'agree', 'p-256'],
    ['c', 'transport', 'rsa-2048'],
  ] as const) {
    await kms.keys.create(name, { purpose, spec })
    const { pem, fingerprint } = await kms.keys.publicKey(name)
    expect(Buffer.from((await readPublicKey(pem as string)).fingerprint).toString('hex')).toBe(fingerprint)
  }
})
