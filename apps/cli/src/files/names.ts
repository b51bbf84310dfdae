import { failure } from '../failure.ts'

/** What envelopes of files are called. */
const extension = '.kms'

/** `notes.txt` → `notes.txt.kms` */
export function sealedName(path: string): string {
  return `${path}${extension}`
}

/** `notes.txt.kms` → `notes.txt`. @throws `invalid-argument` if the name has no such ending */
export async function openedName(path: string): Promise<string> {
  const name = path.slice(0, -extension.length)
  if (!path.endsWith(extension) || name === '' || /[\\/]$/.test(name)) {
    throw await failure(
      'invalid-argument',
      `${path} does not end in ${extension}, so its contents need a name: -o OUT, or -o - for stdout.`,
    )
  }
  return name
}
