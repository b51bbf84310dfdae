import { closeSync, fsyncSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'

// A new name is durable when its folder is synced. Windows cannot open folders, and needs no such thing.
const needed = process.platform !== 'win32'

export async function syncFolder(path: string): Promise<void> {
  if (!needed) return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** `syncFolder` without waiting. */
export function syncFolderNow(path: string): void {
  if (!needed) return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
