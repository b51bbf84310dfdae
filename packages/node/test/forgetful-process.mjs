// Opens a store, uses a key and never closes: `node forgetful-process.mjs URL`.
import { Kms, keyRoot } from '@kms/node'

const kms = await Kms.open(process.argv[2], { root: keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 13 * i + 200)) })
const key = await kms.use('user-data', { purpose: 'encrypt' })
key.seal('hello', { table: 'users' })
await kms.keys.create('made last')
console.log('sealed')
