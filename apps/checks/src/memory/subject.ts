import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Backend, Kms, keyFileRoot, memoryLastSeen, noContext } from '@kms/node'
import { keyName } from './store.ts'

// The process whose memory is searched: opens the store, uses the key, says `open`; closes it when told to, says `closed`, and stays
// until its input ends. Arguments: the store's URL, the root's file, the backend, an envelope; and `keep` for a copy of the root key in
// each form that the search must find.

const [url = '', rootFile = '', backend, envelope = '', keep] = process.argv.slice(2)

const kept: unknown[] = []
if (keep === 'keep') {
  const text = readFileSync(rootFile, 'latin1').trim()
  const raw = Uint8Array.from(Buffer.from(text, 'base64url'))
  kept.push(raw, Buffer.from(raw).toString('hex'), text)
}

async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const root = keyFileRoot(rootFile)
  const kms = await Kms.open(url, { root, backend: backend as Backend, lastSeen: memoryLastSeen() })
  const key = await kms.use(keyName)
  for (const length of [10, 64, 20_000]) {
    key.open(key.seal(new Uint8Array(length).fill(7), noContext), noContext)
  }
  if (key.openText(envelope, noContext).length !== 14) throw new Error('the envelope does not open')
  console.log('open')
  await lines.next()
  key.release()
  await kms.close()
  root.wipe()
  // node:crypto clears its key objects when they are collected.
  if (backend === 'native') await collected()
  console.log('closed')
  await lines.next()
}

async function collected(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    ;(globalThis as { gc?: () => void }).gc?.()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

await main()
process.exitCode = kept.length > 3 ? 1 : 0
process.exit()
