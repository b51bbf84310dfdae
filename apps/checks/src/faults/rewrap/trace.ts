import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One call that changes files, in the order in which they ended. */
export interface Call {
  readonly name: 'write' | 'sync' | 'rename' | 'unlink'
  readonly path: string
  /** Of a write: where, and how much. */
  readonly at: number
  readonly bytes: number
  /** Of a rename. */
  readonly to: string
}

/** What keeps a trace from being made, in a sentence that says what to do. */
export class NoTrace extends Error {}

const traced =
  'write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,ftruncate'

/** Runs a program under strace and returns its calls on files below `folder`. @throws NoTrace */
export function trace(folder: string, log: string, command: readonly string[]): readonly Call[] {
  // -y names the file behind each descriptor.
  const { error, status, stderr } = spawnSync('strace', ['-f', '-y', '-e', `trace=${traced}`, '-o', log, ...command], {
    encoding: 'utf8',
  })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw new NoTrace('strace is missing. Install it: apt-get install strace')
  }
  if (error !== undefined || status !== 0) throw new NoTrace(`The traced program failed: ${error ?? stderr}`)
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => parse(line) ?? [])
    .filter(({ path }) => path.startsWith(folder))
}

const position = { at: 0, bytes: 0, to: '' }

function parse(line: string): Call | undefined {
  // Calls of several threads are shown in two parts when they overlap; ours wait for each other.
  const call = /^\d+ +(?:<\.\.\. )?(\w+)\((.*)\) += (\d+)$/.exec(line)
  if (call === null) return undefined
  const [, name = '', given = '', result = ''] = call
  const file = /^\d+<([^>]+)>/.exec(given)?.[1]
  const names = [...given.matchAll(/"([^"]*)"/g)].map((match) => match[1] as string)
  switch (name) {
    case 'write':
    case 'writev':
      // Without a position: after what was written before, which the reader of the trace adds up.
      return file === undefined ? undefined : { ...position, name: 'write', path: file, at: -1, bytes: Number(result) }
    case 'pwrite64':
    case 'pwritev': {
      const at = Number(/, (\d+)$/.exec(given)?.[1] ?? -1)
      return file === undefined ? undefined : { ...position, name: 'write', path: file, at, bytes: Number(result) }
    }
    case 'fsync':
    case 'fdatasync':
      return file === undefined ? undefined : { ...position, name: 'sync', path: file }
    case 'unlink':
    case 'unlinkat':
      return { ...position, name: 'unlink', path: names[0] ?? '' }
    default:
      return name.startsWith('rename')
        ? { ...position, name: 'rename', path: names[0] ?? '', to: names[1] ?? '' }
        : undefined
  }
}
