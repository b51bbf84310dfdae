import { openSync } from 'node:fs'
import { Kms as CoreKms } from '@kms/core'
import {
  backendParts,
  type EncryptionKey,
  type Kms,
  KmsError,
  keyFileRoot,
  LastSeenFile,
  Kms as NodeKms,
  SqliteStore,
} from '@kms/node'
import { CaseRandom } from '../../differential/random.ts'
import { filesIn, keyName, leaseMs, type Mode, modes } from './files.ts'
import { Journal, now, type Sealed, tailOf } from './journal.ts'
import { type Mutant, mutated } from './mutants.ts'

// A process that seals, and opens what it and the others sealed, until it is killed: `node user.js FOLDER MODE SEED [MUTANT]`.

const [folder = '', mode = 'handle', seed = '0', mutant] = process.argv.slice(2) as [string?, Mode?, string?, Mutant?]
const files = filesIn(folder)
const journal = new Journal(files.journal(mode))
const random = new CaseRandom(Number(seed), process.pid)
const parent = process.ppid
const context = { table: 'race' }

/** Milliseconds between two uses, and of work in a row in a process that yields. */
const paceMs = 3
const burstMs = 80
/**
 * Milliseconds between two looks at what others sealed. A process that never yields looks seldom: an envelope of a new version makes it
 * ask the store, and it is to be seen what it does while it knows of nothing.
 */
const lookMs = mode === 'never-yields' ? 3 * leaseMs : 200
const remembered = 64

const trouble = (error: unknown): void => {
  const { code, message } = error instanceof Error ? (error as Error & { code?: string }) : { code: '', message: '' }
  journal.write({ op: 'trouble', at: now(), code: code ?? 'internal', message: message || String(error) })
}

/** What can be opened: of every process's last records some. */
class Pool {
  readonly #journals = modes.map((of) => ({ path: files.journal(of), file: openSync(files.journal(of), 'r') }))
  #looked = 0
  #records: Sealed[] = []

  pick(): Sealed | undefined {
    if (now() - this.#looked > lookMs) {
      this.#looked = now()
      const found = this.#journals.flatMap(({ path, file }) => tailOf(path, file))
      this.#records.push(...found.filter((entry) => entry.op === 'seal'))
      this.#records = this.#records.slice(-remembered)
    }
    return this.#records.length === 0 ? undefined : random.pick(this.#records)
  }
}

const pool = new Pool()
let made = 0

/** What a record seals: found again in the envelope, and in no other. */
const nextPlaintext = (): string => `${mode} ${process.pid} ${++made}`

function checkOpened(record: Sealed, opened: string, at: number): void {
  if (opened === record.plaintext) journal.write({ op: 'open', at, version: record.version })
  else trouble(new Error(`An envelope of version ${record.version} opened to something else.`))
}

function refused(error: unknown, at: number, version: number): void {
  if (!(error instanceof KmsError)) throw error
  journal.write({ op: 'refused', at, until: now(), version, code: error.code, message: error.message })
}

const isRefusal = (error: unknown, code: string): boolean => error instanceof KmsError && error.code === code

/** One record sealed, and one opened, synchronously; only what asks for the store is awaited. */
async function useHandle(key: EncryptionKey): Promise<void> {
  await attempt(0, (at) => {
    const plaintext = nextPlaintext()
    const envelope = key.sealText(plaintext, context)
    journal.write({ op: 'seal', at, version: versionOf(envelope), plaintext, envelope })
  })
  const record = pool.pick()
  if (record === undefined) return
  await attempt(record.version, (at) => checkOpened(record, key.openText(record.envelope, context), at), record)

  async function attempt(version: number, work: (at: number) => void, record?: Sealed): Promise<void> {
    const at = now()
    for (let tries = 0; ; tries++) {
      try {
        return work(now())
      } catch (error) {
        try {
          if (tries < 4 && isRefusal(error, 'lease-expired')) await key.renew()
          else if (tries < 4 && isRefusal(error, 'version-not-loaded') && record !== undefined) {
            await key.load(record.envelope)
          } else return refused(error, at, version)
        } catch (failed) {
          return refused(failed, at, version)
        }
      }
    }
  }
}

async function useOnce(kms: Kms): Promise<void> {
  const under = { key: keyName, context }
  let at = now()
  try {
    const plaintext = nextPlaintext()
    const envelope = await kms.encryptText(plaintext, under)
    journal.write({ op: 'seal', at, version: versionOf(envelope), plaintext, envelope })
  } catch (error) {
    refused(error, at, 0)
  }
  const record = pool.pick()
  if (record === undefined) return
  at = now()
  try {
    checkOpened(record, await kms.decryptText(record.envelope, under), at)
  } catch (error) {
    refused(error, at, record.version)
  }
}

/** The version that an envelope names (envelope v1 §Header). */
const versionOf = (envelope: string): number => Buffer.from(envelope.slice(0, 36), 'base64url').readUInt32BE(23)

function spin(milliseconds: number): void {
  for (const end = now() + milliseconds; now() < end; );
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function open(): Promise<Kms> {
  const root = keyFileRoot(files.root)
  const common = {
    root,
    caller: mode,
    // The administrator alone changes versions.
    dueWork: false as const,
    onWarning: ({ code, message }: { code: string; message: string }) =>
      trouble(new KmsError(code as 'internal', message)),
    lastSeen: new LastSeenFile({ folder: files.lastSeen }),
  }
  if (mutant === undefined) return NodeKms.open(`sqlite:${files.store}`, common)
  return CoreKms.open({ ...backendParts(), ...common, ...mutated(await SqliteStore.open(files.store), mutant) })
}

async function run(): Promise<never> {
  const kms = await open()
  const key = await kms.use(keyName)
  for (;;) {
    // Whoever started it is gone: so is the race.
    if (process.ppid !== parent) process.exit()
    switch (mode) {
      case 'handle':
        await useHandle(key)
        await sleep(paceMs)
        break
      case 'bursts':
        for (const end = now() + burstMs; now() < end; spin(paceMs)) await useHandle(key)
        await sleep(1)
        break
      case 'one-shot':
        await useOnce(kms)
        await sleep(paceMs)
        break
      case 'never-yields':
        // Awaits that are answered at once let no timer run.
        await useHandle(key)
        spin(paceMs)
    }
  }
}

await run().catch((error: unknown) => {
  trouble(error)
  process.exit(1)
})
