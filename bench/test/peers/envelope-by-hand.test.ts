import { expect, test } from 'vitest'
import { bareGcm } from '../../src/peers/bare-gcm.ts'
import { envelopeByHand } from '../../src/peers/envelope-by-hand.ts'

// From the independent implementation's vectors, envelope-v1.json, tests 1 and 21. Plaintexts are bytes i mod 251.
const vectors = [
  {
    length: 0,
    context: { tenant: 'acme', table: 'users' },
    id: '7bd5d47e446f4ec2a3d811736110e578',
    material: 'f5b165224a58b791df6af1d8303e61cdc4bb86c3d1c427103c344c4189eb2f1e',
    version: 16777219,
    salt: '822ce47ca8c74107e66cb0e4b2b3f4d58d82ca6386d2c96e',
    envelope:
      '926b35010000007bd5d47e446f4ec2a3d811736110e57801000003822ce47ca8c74107e66cb0e4b2b3f4d58d82ca6386d2c96e5eeab1098aee3bc084efd14ba6fa3ee9c2068b02dad2ff1f909cb32b01f6307c051bd8674ba4ff4a61cdc0c354be5864',
  },
  {
    length: 64,
    context: { é: 'clé', z: '', Z: 'upper', 'a\u0000b': 'nul' },
    id: '2449a7994de84181807054d700c45a41',
    material: '4313712b0b30a32ad97e36e94d0cc8896b158536a24c9c44357055c2dd400d55',
    version: 7,
    salt: '8865291dd8158d4a2e61353ca7390fde58a6a9f14c999e9a',
    envelope:
      '926b35010000002449a7994de84181807054d700c45a41000000078865291dd8158d4a2e61353ca7390fde58a6a9f14c999e9a26248aee4d5139f2deee14c9b299839c8a65accf54ea080c4ce1e7aea6ae4d5b1eeeb7294e1f3a2b3865e7b835d7cd6ba9a472f6de01c7afb88545399ad706cae1e153dad3454decb65bd7128162a7293dc25012464b53a297ba0838d15c9e15841006cb40e095fca3f0935dcd0f1b44',
  },
]

const hex = (text: string) => Buffer.from(text, 'hex')

test.each(vectors)(
  'the envelope by hand is the envelope: $length bytes',
  ({ length, context, id, material, version, salt, envelope }) => {
    const hand = envelopeByHand(hex(material), hex(id), version)
    const plaintext = Buffer.from(Array.from({ length }, (_, i) => i % 251))
    expect(hand.seal(plaintext, context, hex(salt)).toString('hex')).toBe(envelope)
    expect(hand.open(hex(envelope), context)).toEqual(plaintext)
    const sealed = hand.seal(plaintext, context)
    expect(hand.open(sealed, context)).toEqual(plaintext)
    expect(() => hand.open(sealed, { ...context, tenant: 'other' })).toThrow()
  },
)

test('bare GCM opens what it sealed, and nothing that was changed', () => {
  const gcm = bareGcm(Buffer.alloc(32, 7))
  const sealed = gcm.seal(Buffer.from('a record'), 'aad')
  expect(gcm.open(sealed, 'aad').toString()).toBe('a record')
  expect(() => gcm.open(sealed, 'other')).toThrow()
  sealed[12]! ^= 1
  expect(() => gcm.open(sealed, 'aad')).toThrow()
})
