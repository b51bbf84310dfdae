import { Kms, type KmsParts, keyRoot, MemoryStore, passwordRoot } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { type Case, require, requireCode } from './case.ts'

const context = { tenant: 'acme' }
const rootKey = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff)

const parts = (store: MemoryStore): KmsParts => ({
  store,
  primitives: createWasmPrimitives(),
  slots: createWasmKeySlots(),
})

/** A whole KMS over a memory store. */
export const store: readonly Case[] = [
  {
    name: 'a store is created, its keys encrypt, rotate and retire, and it opens again',
    async run() {
      const records = new MemoryStore()
      const kms = await Kms.create({ ...parts(records), roots: [keyRoot(rootKey)] })
      await kms.keys.create('user-data')
      const first = await kms.encrypt('hello', { key: 'user-data', context })
      await kms.keys.rotate('user-data')
      const second = await kms.encrypt('again', { key: 'user-data', context })
      require((await kms.decryptText(first, { key: 'user-data', context })) === 'hello', 'the first text')
      require((await kms.decryptText(second, { key: 'user-data', context })) === 'again', 'the second text')
      await requireCode('authentication-failed', () => kms.decrypt(first, { key: 'user-data', context: { a: 'b' } }))
      const failing = (await kms.doctor()).filter(({ status }) => status === 'fail')
      require(failing.length === 0, JSON.stringify(failing))
      const other = await Kms.open({ ...parts(records), root: keyRoot(rootKey) })
      const handle = await other.use('user-data', { purpose: 'encrypt' })
      require(new TextDecoder().decode(handle.open(second, context)) === 'again', 'the text through a handle')
      await other.close()
    },
  },
  {
    name: 'a store opens with a password, and with no other',
    async run() {
      const records = new MemoryStore()
      await Kms.create({ ...parts(records), roots: [passwordRoot('correct horse battery staple')] })
      await requireCode('authentication-failed', () => Kms.open({ ...parts(records), root: passwordRoot('wrong') }))
      const kms = await Kms.open({ ...parts(records), root: passwordRoot('correct horse battery staple') })
      require(kms.info.administersStore, 'the right to administer')
    },
  },
]
