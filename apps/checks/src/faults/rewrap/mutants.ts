import { open, rename, unlink, writeFile } from 'node:fs/promises'

/** Ways to write a header in place that lose it in a crash: the suite must notice each of them. */
export const mutants = ['no-copy', 'no-sync', 'early-removal'] as const
export type Mutant = (typeof mutants)[number]

/** Writes a header over the old one, with one thing left out. */
export async function writeCarelessly(
  path: string,
  old: Uint8Array,
  header: Uint8Array,
  mutant: Mutant,
): Promise<void> {
  const copy = `${path}.kms-header`
  const sync = mutant !== 'no-sync'
  if (mutant !== 'no-copy') {
    await writeFile(`${copy}.tmp`, Buffer.concat([old.subarray(old.length - 32), header]), { flush: sync })
    await rename(`${copy}.tmp`, copy)
  }
  const file = await open(path, 'r+')
  await file.write(header, 0, header.length, 0)
  if (mutant === 'early-removal') await unlink(copy)
  if (sync) await file.sync()
  await file.close()
  if (mutant === 'no-sync') await unlink(copy)
}
