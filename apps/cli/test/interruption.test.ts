import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { ended, main, sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key' }

beforeAll(async () => {
  await box.kms(['init'], { env })
  await box.kms(['key', 'create', 'user-data'], { env })
})

const temporary = (): string[] => readdirSync(box.path()).filter((name) => name.endsWith('.tmp'))

/** Waits until the output is being written: until then there is nothing to clean up. */
async function untilWriting(): Promise<void> {
  while (temporary().length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('Ctrl-C', () => {
  test('in the middle of a file: exit 130, nothing half-written is left', async () => {
    const before = readdirSync(box.path())
    // What is sealed comes through a pipe that stays open, so the middle lasts until the signal.
    const child = box.start(['encrypt', '--key', 'user-data', '-o', 'large.kms'], { env, program: main })
    const end = ended(child)
    child.stdin?.write(randomBytes(4 * 2 ** 20))
    await untilWriting()
    child.kill('SIGINT')
    const { code, stdout, stderr } = await end
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toBe('kms: Stopped. Nothing half-written is left.\n')
    expect(readdirSync(box.path())).toEqual(before)
  })

  test('SIGTERM does the same, and says 143; with --json as JSON', async () => {
    const child = box.start(['encrypt', '--key', 'user-data', '-o', 'large.kms', '--json'], { env, program: main })
    const end = ended(child)
    child.stdin?.write(randomBytes(4 * 2 ** 20))
    await untilWriting()
    child.kill('SIGTERM')
    const { code, stderr } = await end
    expect(code).toBe(143)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'aborted', exit: 143 } })
    expect(temporary()).toEqual([])
  })
})

describe('a closed pipe', () => {
  test('is quiet and non-zero', async () => {
    writeFileSync(box.path('large'), randomBytes(8 * 2 ** 20))
    const child = box.start(['encrypt', '--key', 'user-data', 'large', '-o', '-'], { env })
    let stderr = ''
    child.stderr?.on('data', (piece: Buffer) => {
      stderr += piece.toString()
    })
    child.stdout?.once('data', () => child.stdout?.destroy())
    const [code] = await once(child, 'exit')
    expect({ code, stderr }).toEqual({ code: 141, stderr: '' })
  })
})

describe('with --resume', () => {
  const size = 64 * 2 ** 20
  const large = randomBytes(size)
  const stoppedMessage =
    /^kms: Stopped before it was done\. What was done is kept, in \.[^ ]+\.tmp: the same again goes on from there\.\n$/

  /** Starts a command, interrupts it when it has written some, and gives what it said. Undefined if it was done before. */
  async function interrupt(args: readonly string[]): Promise<string | undefined> {
    const child = box.start([...args], { env, program: main })
    const end = ended(child)
    const written = (): number => Math.max(0, ...temporary().map((name) => statSync(box.path(name)).size))
    let running = true
    void end.then(() => {
      running = false
    })
    while (running && written() < 4 * 2 ** 20) await new Promise((resolve) => setTimeout(resolve, 1))
    child.kill('SIGINT')
    const { code, stderr } = await end
    if (code === 0) return undefined
    expect(code).toBe(130)
    return stderr
  }

  test('Ctrl-C keeps what was done and says so, and the same command goes on', { timeout: 120_000 }, async () => {
    writeFileSync(box.path('film'), large)
    const encrypt = ['encrypt', '--key', 'user-data', '--resume', 'film']
    const said = await interrupt(encrypt)
    if (said !== undefined) {
      expect(said).toMatch(stoppedMessage)
      expect(temporary()).toHaveLength(1)
      const { code } = await box.kms(encrypt, { env })
      expect(code).toBe(0)
    }
    expect(temporary()).toEqual([])

    const decrypt = ['decrypt', '--resume', '-o', 'film.again', 'film.kms']
    const saidAgain = await interrupt(decrypt)
    if (saidAgain !== undefined) {
      expect(saidAgain).toMatch(stoppedMessage)
      const { code } = await box.kms(decrypt, { env })
      expect(code).toBe(0)
    }
    expect(readFileSync(box.path('film.again')).equals(large)).toBe(true)
    expect(temporary()).toEqual([])
  })

  test('what cannot be gone on with is refused', { timeout: 60_000 }, async () => {
    for (const args of [
      ['encrypt', '--key', 'user-data', '--resume'],
      ['encrypt', '--key', 'user-data', '--resume', '-o', '-', 'film'],
      ['decrypt', '--resume', '-o', '-', 'film.kms'],
    ]) {
      const { code, stderr } = await box.kms(args, { env, input: 'x' })
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('from file to file') })
    }
  })
})
