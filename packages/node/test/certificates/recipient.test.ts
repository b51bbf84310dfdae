import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certificateRecipient } from '../../src/certificates/index.ts'
import { authority, certified, criticalExtension, flags, issue, nameConstraints, type Wanted } from './authority.ts'

const name = 'branch.example'
const day = 86_400_000

async function outcome(
  chain: string | Uint8Array | readonly (string | Uint8Array)[],
  authorities: string | readonly string[],
  more: { readonly name?: string; readonly at?: Date; readonly extendedUsage?: readonly string[] } = {},
): Promise<string> {
  const { at = new Date(), ...options } = more
  try {
    const found = await certificateRecipient(chain, { authorities, name, ...options })(at)
    return `accepted ${found.name}`
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code}: ${message}`
  }
}

const accepted = `accepted ${name}`

describe('a certificate is accepted', () => {
  test.each(['x25519', 'ecdh'] as const)('with a key of %s, which is that of the recipient', async (sort) => {
    const ca = await authority()
    const leaf = await certified(ca, { sort })
    const found = await certificateRecipient(leaf.pem, { authorities: ca.pem, name })(new Date())
    expect(found.publicKey).toMatchObject({ type: 'hpke', kem: sort === 'ecdh' ? 'P-256' : 'X25519' })
    const { raw, fingerprint256, publicKey } = new X509Certificate(leaf.pem)
    expect(Buffer.from(leaf.der).equals(raw)).toBe(true)
    expect(found.certificate).toBe(fingerprint256.replaceAll(':', '').toLowerCase())
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    expect(spki.subarray(-found.publicKey.bytes.length).equals(found.publicKey.bytes)).toBe(true)
  })

  test.each([flags.keyEncipherment, flags.dataEncipherment])('of RSA with usage %i', async (usage) => {
    const ca = await authority({ sort: 'rsa' })
    const leaf = await certified(ca, { sort: 'rsa', usage })
    expect(await outcome(leaf.pem, ca.pem)).toBe(accepted)
  })

  test.each(['p-256', 'p-384', 'ed25519', 'rsa'] as const)('of an authority of %s', async (sort) => {
    const ca = await authority({ sort })
    expect(await outcome((await certified(ca)).pem, ca.pem)).toBe(accepted)
  })

  test('below authorities between, in any order, as PEM and DER, where one of several authorities is believed', async () => {
    const root = await authority({ name: 'root' })
    const middle = await authority({ name: 'middle', issuer: root, pathLength: 1 })
    const low = await authority({ name: 'low', issuer: middle, pathLength: 0 })
    const other = await authority({ name: 'other' })
    const leaf = await certified(low)
    expect(await outcome(leaf.pem + low.pem + middle.pem, root.pem)).toBe(accepted)
    expect(await outcome(leaf.pem + middle.pem + low.pem + root.pem, [other.pem, root.pem])).toBe(accepted)
    expect(await outcome([leaf.der, low.der, middle.der], root.pem)).toBe(accepted)
    expect(await outcome(leaf.pem, low.pem)).toBe(accepted)
  })

  test.each<[string, Wanted, string, object?]>([
    ['by an alternative name', { name: 'other', san: [{ type: 'dns', value: 'b.example' }] }, 'b.example'],
    ['by a mail address', { san: [{ type: 'email', value: 'bob@b.example' }] }, 'bob@b.example'],
    ['by a URI', { san: [{ type: 'url', value: 'spiffe://b/x' }] }, 'spiffe://b/x'],
    ['with an extended usage of mail', { extendedUsage: ['1.3.6.1.5.5.7.3.4'] }, name],
    ['with any extended usage', { extendedUsage: ['2.5.29.37.0'] }, name],
    ['with an extended usage of the caller’s', { extendedUsage: ['1.2.3.4'] }, name, { extendedUsage: ['1.2.3.4'] }],
  ])('%s', async (_, of, asked, more = {}) => {
    const ca = await authority()
    const leaf = await certified(ca, of)
    expect(await outcome(leaf.pem, ca.pem, { name: asked, ...more })).toBe(`accepted ${asked}`)
  })
})

describe('a certificate is refused', () => {
  test.each<[string, Wanted, RegExp, { readonly name?: string; readonly at?: Date }?]>([
    ['after its time', { to: new Date(Date.now() - 1_000) }, /was valid until/],
    ['before its time', { from: new Date(Date.now() + 60_000), to: new Date(Date.now() + day) }, /not valid yet/],
    ['when its time will be over', {}, /was valid until/, { at: new Date(Date.now() + day) }],
    ['for signing', { usage: flags.digitalSignature }, /usage lacks keyAgreement/],
    ['without a usage', { usage: null }, /usage lacks keyAgreement/],
    ['of RSA for signing', { sort: 'rsa', usage: flags.digitalSignature }, /usage lacks keyEncipherment/],
    ['for servers', { extendedUsage: ['1.3.6.1.5.5.7.3.1'] }, /extended usage/],
    ['of another name', { name: 'other.example' }, /another name/],
    ['whose common name fits where it has others', { san: [{ type: 'dns', value: 'x.example' }] }, /another name/],
    ['whose name only begins so', { name: `${name}.evil` }, /another name/],
    ['with a wildcard', { san: [{ type: 'dns', value: '*.example' }] }, /another name/],
    ['with another spelling', {}, /another name/, { name: 'Branch.example' }],
    ['that is an authority’s', { ca: true }, /authority's/],
    ['with a critical extension that is not known', { extensions: [criticalExtension()] }, /1\.2\.3\.4\.5/],
  ])('%s', async (_, of, why, more = {}) => {
    const ca = await authority()
    const leaf = await certified(ca, of)
    const found = await outcome(leaf.pem, ca.pem, more)
    expect(found).toMatch(why)
    expect(found).toMatch(/^authentication-failed: /)
  })

  test.each(['rsa-sha1', 'p-256-sha1'] as const)('signed with SHA-1: %s', async (sort) => {
    const ca = await authority({ sort })
    const leaf = await certified(ca)
    expect(new X509Certificate(leaf.pem).verify(new X509Certificate(ca.pem).publicKey)).toBe(true)
    expect(await outcome(leaf.pem, ca.pem)).toMatch(/SHA-1/)
  })

  test('of an authority with a short key', async () => {
    const short = await authority({ sort: 'rsa-1024' })
    expect(await outcome((await certified(short)).pem, short.pem)).toMatch(/fewer than 2048/)
  })

  test('that is signed by itself, also where it is among the authorities', async () => {
    const alone = await issue({ name, usage: flags.keyAgreement })
    expect(await outcome(alone.pem, alone.pem)).toMatch(/signed by itself/)
    const signing = await issue({ name, ca: true, usage: flags.keyAgreement | flags.keyCertSign })
    expect(await outcome(signing.pem, signing.pem)).toMatch(/signed by itself/)
  })

  test('of another authority of the same name', async () => {
    const [ca, fake] = [await authority({ name: 'root' }), await authority({ name: 'root' })]
    const leaf = await certified(fake)
    expect(await outcome(leaf.pem, ca.pem)).toMatch(/not signed by the one/)
    expect(await outcome(leaf.pem + fake.pem, ca.pem)).toMatch(/not signed by the one/)
    const stranger = await authority({ name: 'stranger' })
    expect(await outcome((await certified(stranger)).pem + stranger.pem, ca.pem)).toMatch(/does not lead to any/)
  })

  test('issued by somebody who is certified and no authority', async () => {
    const ca = await authority()
    const refusals: [Wanted, RegExp][] = [
      [{ usage: flags.digitalSignature | flags.keyCertSign }, /no authority/],
      [{ ca: false, usage: flags.keyCertSign }, /no authority/],
      [{ ca: true, usage: flags.digitalSignature }, /does not lead/],
      [{ ca: true, usage: null }, /no authority/],
    ]
    for (const [of, why] of refusals) {
      const somebody = await issue({ name: 'somebody', issuer: ca, ...of })
      const leaf = await certified(somebody)
      expect(await outcome(leaf.pem + somebody.pem, ca.pem)).toMatch(why)
    }
  })

  test('below more authorities than one allows', async () => {
    const root = await authority({ name: 'root', pathLength: 0 })
    const middle = await authority({ name: 'middle', issuer: root })
    const leaf = await certified(middle)
    expect(await outcome(leaf.pem + middle.pem, root.pem)).toMatch(/more authorities below/)
    expect(await outcome((await certified(root)).pem, root.pem)).toBe(accepted)
  })

  test('below an authority whose time is over, or whose names are constrained', async () => {
    const root = await authority({ name: 'root' })
    const late = await authority({ name: 'late', issuer: root, to: new Date(Date.now() - 1_000) })
    expect(await outcome((await certified(late)).pem + late.pem, root.pem)).toMatch(/was valid until/)
    const old = await authority({ name: 'old', to: new Date(Date.now() - 1_000) })
    expect(await outcome((await certified(old)).pem, old.pem)).toMatch(/was valid until/)
    const bound = await authority({ name: 'bound', issuer: root, extensions: [nameConstraints()] })
    expect(await outcome((await certified(bound)).pem + bound.pem, root.pem)).toMatch(/2\.5\.29\.30/)
  })

  test('with any byte changed', async () => {
    const ca = await authority()
    const leaf = await certified(ca)
    for (let at = 0; at < leaf.der.length; at++) {
      const forged = leaf.der.slice()
      forged[at] = (forged[at] as number) ^ 1
      expect(await outcome([forged], ca.pem)).toMatch(/^authentication-failed/)
    }
  })

  test('that is none, or too many', async () => {
    const ca = await authority()
    const leaf = await certified(ca)
    for (const chain of ['', 'x', new Uint8Array(0), [], [new Uint8Array(100_000)]]) {
      expect(await outcome(chain, ca.pem)).toMatch(/^authentication-failed/)
    }
    expect(await outcome(leaf.pem + ca.pem.repeat(10), ca.pem)).toMatch(/more than 10/)
    for (const none of ['', 'x', []]) expect(await outcome(leaf.pem, none)).toMatch(/^invalid-argument/)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(), async (bytes, at) => {
        const broken = leaf.der.slice()
        broken.set(bytes.subarray(0, Math.max(0, broken.length - (at % broken.length))), at % broken.length)
        expect(await outcome([bytes], ca.pem)).toMatch(/^authentication-failed/)
        expect(await outcome([broken], ca.pem)).toMatch(/^(authentication-failed|accepted)/)
      }),
      { numRuns: 200 },
    )
  })
})
