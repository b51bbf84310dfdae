import { type KeyInfo, Kms, KmsError, keyFileRoot, LastSeenFile } from '@kms/node'
import { CaseRandom } from '../../differential/random.ts'
import { filesIn, keyName, leaseMs } from './files.ts'
import { type Begins, Journal, now } from './journal.ts'
import type { Mutant } from './mutants.ts'

// A process that rotates, disables, enables and retires at random until it is killed: `node administrator.js FOLDER SEED [MUTANT]`. It
// writes down what it is about to do, and what then stands: its successor begins with what stands.

const [folder = '', seed = '0', mutant] = process.argv.slice(2) as [string?, string?, Mutant?]
const files = filesIn(folder)
const journal = new Journal(files.administrator)
const random = new CaseRandom(Number(seed), process.pid)
const parent = process.ppid

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

const kms = await Kms.open(`sqlite:${files.store}`, {
  root: keyFileRoot(files.root),
  caller: 'administrator',
  dueWork: false,
  lastSeen: new LastSeenFile({ folder: files.lastSeen }),
})

/** @param at when it was so at the latest */
async function stands(at?: number): Promise<KeyInfo> {
  const key = await kms.keys.show(keyName)
  journal.write({
    op: 'stands',
    at: at ?? now(),
    primary: key.versions.find(({ primary }) => primary)?.number ?? 0,
    states: Object.fromEntries(key.versions.map(({ number, state }) => [number, state])),
  })
  return key
}

async function change(what: Begins['what'], version: number, work: () => Promise<unknown>): Promise<number> {
  journal.write({ op: 'begins', at: now(), what, version })
  await work()
  const at = now()
  await stands(at)
  return at
}

async function retire(version: number): Promise<void> {
  let settledAfterMs = 0
  const at = await change('retire', version, async () => {
    settledAfterMs = (await kms.keys.retire(keyName, version)).settledAfterMs
  })
  const settled = at + (mutant === 'no-lease-wait' ? 0 : settledAfterMs)
  setTimeout(() => journal.write({ op: 'settled', at: settled, version }), settled - now())
}

async function disable(version: number): Promise<void> {
  await change('disable', version, () => kms.keys.disable(keyName, version))
  // Now and then for longer than a lease, so that who did not hear of it goes on too long.
  if (random.oneIn(3)) await sleep(leaseMs * 1.5)
}

async function rotate(primary: number): Promise<void> {
  await change('rotate', 0, () => kms.rotations.rotate(keyName, { urgent: !random.oneIn(8) }))
  // At once: processes may still seal under it. A rotation that waits for a process has moved nothing yet.
  const { versions } = await kms.keys.show(keyName)
  const moved = versions.some((version) => version.primary && version.number !== primary)
  if (moved) await retire(primary)
}

async function step(): Promise<void> {
  const { versions } = await kms.keys.show(keyName)
  const disabled = versions.filter(({ state }) => state === 'suspended')
  const working = versions.filter(({ state }) => state === 'active' || state === 'deactivated')
  const old = versions.filter(({ state, primary }) => state === 'active' && !primary)
  const primary = versions.find((version) => version.primary)
  const choice = random.below(8)
  if (disabled.length > 0 && choice < 7) {
    const { number } = random.pick(disabled)
    await change('enable', number, () => kms.keys.enable(keyName, number))
  } else if (primary === undefined || primary.state === 'suspended') return
  // Mostly the primary, which everybody uses.
  else if (choice < 2) await disable(random.oneIn(4) ? random.pick(working).number : primary.number)
  else if (choice < 3 && old.length > 0) await retire(random.pick(old).number)
  else await rotate(primary.number)
}

await stands()
for (;;) {
  if (process.ppid !== parent) process.exit()
  await sleep(50 + random.below(300))
  try {
    await step()
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    journal.write({ op: 'trouble', at: now(), code: error.code, message: error.message })
    await stands()
  }
}
