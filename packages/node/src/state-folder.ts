import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where this user's programs keep what they must remember between runs: `$XDG_STATE_HOME` or `~/.local/state` (XDG Base
 * Directory Specification), `~/Library/Application Support` on macOS, `%LOCALAPPDATA%` on Windows.
 */
export function stateFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const home = homedir()
  switch (process.platform) {
    case 'win32':
      return join(environment.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'kms')
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'kms')
    default: {
      const state = environment.XDG_STATE_HOME
      // The specification: relative paths are invalid and ignored.
      return join(state?.startsWith('/') ? state : join(home, '.local', 'state'), 'kms')
    }
  }
}
