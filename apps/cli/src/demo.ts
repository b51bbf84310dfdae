#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect, Kms, KmsError, keyFileRoot, noContext, openFile, sealFile } from '@kms/node'
import { paint } from './colour.ts'
import { standWithTheUser } from './folder.ts'
import { byteCount, columns, grouped } from './layout.ts'
import { reportError } from './report-error.ts'

// What `npm start` runs: the main job, for real, on a real file, and each thing it says computed in this run.

const colours = await paint(process.stdout, process.argv)
const { bold, cyan, dim, green } = colours
const keyName = 'user-data'
let steps = 0

async function demonstrate(given: string | undefined): Promise<void> {
  const file = given === undefined ? fileURLToPath(new URL('../../../README.md', import.meta.url)) : resolve(given)
  const original = await readable(file)
  const folder = resolve('kms-demo')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const at = (name: string): string => join(folder, name)
  const [rootFile, storeFile] = [at('root.key'), at('app.keys')]
  const again = existsSync(storeFile)

  say(bold('An embedded key management system, doing its main job'))
  say(dim(`Everything it makes is in ${folder}`))

  step(again ? 'Open the key store of the last run' : 'Create a key store')
  const root = keyFileRoot(rootFile, { create: true })
  const url = `sqlite:${storeFile}`
  const options = { root, caller: 'demo' }
  await using kms = again ? await Kms.open(url, options) : await Kms.create(url, options)
  const before = await kms.keys.ensure(keyName, { description: 'what users entrust to us' })
  table([
    ['store', `${shown(storeFile)}, one SQLite file`],
    ['fingerprint', kms.info.fingerprint],
    ['root', `${shown(rootFile)}, a random key of mode 600: for this demo only`],
    ['key', `${keyName}, version ${before.primary}, AES-256-GCM`],
  ])
  say(dim('In earnest the root is a password or a key file on another disk: it must not lie beside the store.'))

  step(`Encrypt ${basename(file)}`)
  const sealed = at(`${basename(file)}.kms`)
  const context = { file: basename(file) }
  const started = performance.now()
  await sealFile(file, sealed, { recipients: [await kms.recipient(keyName)], context, force: true })
  const took = performance.now() - started
  const envelope = await readFile(sealed)
  const about = inspect(envelope)
  const cost = envelope.length - original.length
  table([
    ['wrote', `${shown(sealed)}, in ${took.toFixed(1)} ms, on the disk`],
    ['size', `${byteCount(original.length)} + ${grouped(cost)} = ${byteCount(envelope.length)}`],
    ['header says', `${about.suite.name}, key ${about.recipients?.[0]?.keyId}, version ${versionIn(envelope)}`],
    ['bound to', `the context file=${basename(file)}, which is not stored`],
  ])

  step('Decrypt it, and compare')
  const opened = at(`${basename(file)}.decrypted`)
  await openFile(sealed, opened, { openers: [await kms.opener()], context, force: true })
  const same = Buffer.compare(await readFile(opened), original) === 0
  table([['result', same ? green(`the same ${byteCount(original.length)}`) : 'DIFFERENT']])
  if (!same) throw new KmsError('internal', 'The file did not come back as it was.')

  step('Rotate the key')
  const after = await kms.keys.rotate(keyName, { reason: 'demo' })
  const newer = at(`${basename(file)}.newer.kms`)
  await sealFile(file, newer, { recipients: [await kms.recipient(keyName)], context, force: true })
  await openFile(sealed, opened, { openers: [await kms.opener()], context, force: true })
  const stillOpens = Buffer.compare(await readFile(opened), original) === 0
  table([
    ['new files', `say version ${versionIn(await readFile(newer))}: ${shown(newer)}`],
    ['the old file', `says version ${versionIn(envelope)}, and ${stillOpens ? green('still opens') : 'does NOT open'}`],
    [
      'the key has',
      `${after.versions.length} versions; kms key retire ends an old one, and what it sealed still opens`,
    ],
  ])

  step('What does not work')
  const flipped = Uint8Array.from(envelope)
  const position = Math.floor(envelope.length / 2)
  flipped[position] = (flipped[position] ?? 0) ^ 1
  const broken = at('flipped-bit.kms')
  await writeFile(broken, flipped, { mode: 0o600 })
  table([
    ['wrong context', await refusal(kms, sealed, { file: 'another' })],
    ['no context', await refusal(kms, sealed, noContext)],
    [`a bit of byte ${grouped(position)} flipped`, await refusal(kms, broken, context)],
  ])

  step('Database values, synchronously')
  const key = await kms.use(keyName, { purpose: 'encrypt' })
  const value = key.sealText('ada@example.org', { table: 'users', column: 'email', id: '7' })
  const rounds = 20_000
  const email = new TextEncoder().encode('ada@example.org')
  for (let i = 0; i < rounds / 2; i++) key.seal(email, context)
  const timed = performance.now()
  for (let i = 0; i < rounds; i++) key.seal(email, context)
  const each = ((performance.now() - timed) * 1000) / rounds
  table([
    ['ada@example.org', `${value.slice(0, 60)}…`],
    ['opens to', key.openText(value, { table: 'users', column: 'email', id: '7' })],
    ['one takes', `${each.toFixed(1)} µs here (mean of ${grouped(rounds)}, on ${kms.info.backend})`],
  ])
  key.release()
  await commands(shown(storeFile), shown(rootFile), shown(sealed), basename(file))
}

async function commands(store: string, root: string, sealed: string, name: string): Promise<void> {
  const launcher = fileURLToPath(new URL('../../../kms', import.meta.url))
  const kms = existsSync(launcher) ? launched(launcher) : 'kms'
  step('Go on with it')
  say(
    [
      `export KMS_STORE=sqlite:${quoted(store)} KMS_ROOT=file:${quoted(root)}`,
      `${kms} key list`,
      `${kms} inspect ${quoted(sealed)}`,
      `${kms} decrypt ${quoted(sealed)} --context file=${quoted(name)} -o -`,
      `echo secret | ${kms} encrypt --key ${keyName} --text --context user=7`,
      `${kms} doctor`,
      `${kms} --help`,
    ]
      .map((line) => `  ${cyan(line)}`)
      .join('\n'),
  )
}

/** What opening says, in its own words; that it does not is the point. */
async function refusal(kms: Kms, path: string, context: Parameters<typeof openFile>[2]['context']): Promise<string> {
  const target = `${path}.must-not-exist`
  try {
    await openFile(path, target, { openers: [await kms.opener()], context, force: true })
  } catch (error) {
    if (error instanceof KmsError && !existsSync(target)) return `${green('refused')}: ${error.code}, nothing written`
    throw error
  }
  throw new KmsError('internal', `${path} opened, which it must not.`)
}

function versionIn(envelope: Uint8Array): number | undefined {
  return inspect(envelope).recipients?.[0]?.keyVersion
}

/** The file to show it on, at most 256 MiB of it, since it is compared in memory. */
async function readable(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > 2 ** 28)
      throw new KmsError('limit-exceeded', 'Choose a file of at most 256 MiB; kms encrypt has no such limit.')
    return await readFile(file)
  } catch (error) {
    if (error instanceof KmsError) throw error
    throw new KmsError('file-unavailable', `${file} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}

function step(title: string): void {
  say(`\n${bold(`${++steps}. ${title}`)}`)
}

function table(rows: readonly (readonly string[])[]): void {
  const text = columns(rows, (cell, _, x) => (x === 0 ? dim(cell) : cell))
  say(text.replace(/^/gm, '   '))
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** A path as the user would type it from where they stand. */
function shown(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

function launched(path: string): string {
  const short = shown(path)
  return short.includes('/') ? quoted(short) : `./${short}`
}

const quoted = (text: string): string => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

standWithTheUser('start')
try {
  await demonstrate(process.argv.slice(2).find((argument) => !argument.startsWith('--')))
} catch (error) {
  await reportError(error, process.argv, null)
  process.exitCode = 1
}
