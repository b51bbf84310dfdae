import { spawnSync } from 'node:child_process'

/** What keeps a dump from being made, in a sentence that says what to do. */
export class NoDump extends Error {}

/**
 * Writes a process's memory to a file with gdb's gcore.
 * @returns the file
 */
export function dump(pid: number, prefix: string): string {
  const { error, status, stdout, stderr } = spawnSync('gcore', ['-o', prefix, String(pid)], { encoding: 'utf8' })
  if (error !== undefined) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new NoDump(
      missing ? 'gcore is missing. Install it: apt-get install gdb' : `gcore does not run: ${error.message}`,
    )
  }
  if (status !== 0 || !stdout.includes('Saved corefile')) {
    const why = /ptrace|permitted|attach/i.test(stderr)
      ? 'This user may not look into other processes: run as root, or set kernel.yama.ptrace_scope to 0'
      : stderr.trim().split('\n').at(-1)
    throw new NoDump(`gcore made no dump of process ${pid}. ${why}`)
  }
  return `${prefix}.${pid}`
}
