import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Leaves the machine as it should be before each process is timed. What was written before is on the disk, or it would be written meanwhile. And a
 * file's length of memory was just in use: a virtual machine gives what is free back to its host within seconds, and getting 1 GiB of
 * it anew takes up to a second and a half, longer than the work.
 */
export async function settle(bytes: number): Promise<void> {
  await run('sync')
  await run(process.execPath, ['-e', `Buffer.allocUnsafe(${Math.min(1.25 * bytes, 2 ** 31)}).fill(1)`])
}
