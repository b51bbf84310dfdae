import pc from 'picocolors'

/** Colours for one stream. */
export type Colours = ReturnType<typeof pc.createColors>

/** Colours on a terminal that has them, unless NO_COLOR, `--no-color` or TERM=dumb say no; none in a pipe. */
export function paint(stream: NodeJS.WriteStream, args: readonly string[]): Colours {
  const { env } = process
  const no = (env.NO_COLOR ?? '') !== '' || args.includes('--no-color') || env.TERM === 'dumb'
  return pc.createColors(stream.isTTY === true && !no)
}
