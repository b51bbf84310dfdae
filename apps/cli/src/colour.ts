/** The colours that are used, each a function of a text. */
export type Colours = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>>

const same = (text: string): string => text
const none: Colours = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

/** Colours on a terminal that has them, unless NO_COLOR, `--no-color` or TERM=dumb say no; none in a pipe. */
export async function paint(stream: NodeJS.WriteStream, args: readonly string[]): Promise<Colours> {
  const { env } = process
  const no = (env.NO_COLOR ?? '') !== '' || args.includes('--no-color') || env.TERM === 'dumb'
  if (stream.isTTY !== true || no) return none
  const { default: pc } = await import('picocolors')
  return pc.createColors(true)
}
