import { once } from 'node:events'
import { openSync, writeSync } from 'node:fs'
import { Kms as CoreKms, type KeyStore } from '@kms/core'
import { backendParts, keyFileRoot, LastSeenFile, SqliteStore } from '@kms/node'
import { filesIn } from './files.ts'
import { type Mutant, mutated } from './mutants.ts'
import { type Acknowledgement, planned, sealedUnder } from './operations.ts'
import { PhasePage } from './phase-page.ts'
import { PublishedStore } from './published-store.ts'

// A process that makes and rotates keys until it is killed: `node writer.js FOLDER RUN [MUTANT]`. It begins at a byte on its
// standard input, publishes each phase by one store into the page, and never sleeps.

const [folder = '', run = '0', mutant] = process.argv.slice(2)
const files = filesIn(folder)
const page = new PhasePage(files.page)
const acknowledgements = openSync(files.acknowledgements, 'a')

let operation = 0
const sqlite: KeyStore = await SqliteStore.open(files.store)
const store = new PublishedStore(mutant === undefined ? sqlite : mutated(sqlite, mutant as Mutant), (phase) =>
  page.publish(operation, phase),
)
const kms = await CoreKms.open({
  ...backendParts(),
  store,
  root: keyFileRoot(files.root),
  lastSeen: new LastSeenFile({ folder: files.lastSeen }),
  caller: `writer ${run}`,
  dueWork: false,
})

writeSync(1, 'ready\n')
await once(process.stdin, 'data')

for (operation = 1; ; operation++) {
  const next = planned(Number(run), operation)
  page.publish(operation, 'before the write')
  const info = next.kind === 'create' ? await kms.keys.create(next.key) : await kms.keys.rotate(next.key)
  const plaintext = `${run}/${operation}`
  const acknowledgement: Acknowledgement = {
    ...next,
    operation,
    version: info.primary ?? '',
    plaintext,
    envelope: await kms.encryptText(plaintext, sealedUnder(next)),
  }
  writeSync(acknowledgements, `${JSON.stringify(acknowledgement)}\n`)
  page.publish(operation, 'after')
  // What a process does with a key that it was told is there; it gives the phase a length.
  await kms.decryptText(acknowledgement.envelope, sealedUnder(next))
}
