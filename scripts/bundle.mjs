// Bundles a package for Node: what its `exports` name under `node`, into the files they name, out of what was compiled beside their types.
// Node takes half a millisecond for each file of a module graph. Bundlers get the files as they are, of which they leave out more.

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { rolldown } from 'rolldown'

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
const entries = Object.values(exports)
const folder = dirname(entries[0].node)
rmSync(folder, { recursive: true, force: true })

const input = Object.fromEntries(
  entries.map(({ types, node }) => [basename(node, '.js'), types.replace(/\.d\.ts$/, '.js')]),
)
// Programs of threads, which are looked for beside the code that starts them.
for (const file of readdirSync('dist', { recursive: true })) {
  if (file.endsWith('-thread.js')) input[basename(file, '.js')] = join('dist', file)
}

const bundle = await rolldown({ input, platform: 'node', external: /^[^./]/ })
// All in one folder, for the same reason.
await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' })
await bundle.close()
