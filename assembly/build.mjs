// Generates the unrolled kernels, compiles the module, and embeds it in an ES module that needs no loader.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import asc from 'assemblyscript/asc'
import { aesCtr } from './generators/aes-ctr.mjs'
import { aesTables } from './generators/aes-tables.mjs'
import { chacha20 } from './generators/chacha20.mjs'
import { ghash } from './generators/ghash.mjs'
import { sha256, sha512 } from './generators/sha2.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const generated = {
  'aes-ctr': aesCtr,
  'aes-tables': aesTables,
  chacha20,
  ghash,
  sha256,
  sha512,
}

/** Pages of 64 KiB: initial and maximum, since memory never grows. */
const modules = [{ name: 'primitives', entry: 'src/index.ts', pages: 23 }]

for (const folder of ['generated', 'dist']) mkdirSync(`${here}${folder}`, { recursive: true })
for (const [name, source] of Object.entries(generated)) writeFileSync(`${here}generated/${name}.ts`, source)

const parts = []
for (const { name, entry, pages, maximum = pages } of modules) {
  const { error, stderr } = await asc.main([
    entry,
    ...[
      '--baseDir',
      here,
      '--outFile',
      `dist/${name}.wasm`,
      '--runtime',
      'stub',
      '-O3',
      '--shrinkLevel',
      '1',
      '--noAssert',
    ],
    ...['--enable', 'simd', '--initialMemory', String(pages), '--maximumMemory', String(maximum)],
  ])
  if (error) throw new Error(`${name}: ${stderr.toString() || error.message}`)
  const bytes = readFileSync(`${here}dist/${name}.wasm`)
  const module = new WebAssembly.Module(bytes)
  const sections = WebAssembly.Module.exports(module)
  if (WebAssembly.Module.imports(module).length > 0) throw new Error(`${name} has imports`)
  if (sections.some((section) => section.name === '_start')) throw new Error(`${name} has a start function`)
  const { heapAt } = new WebAssembly.Instance(module).exports
  if (heapAt !== undefined && heapAt.value > 0x10000) throw new Error(`${name}: its constants reach into its areas`)
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`)
  parts.push({ name, base64: bytes.toString('base64') })
}

writeFileSync(
  `${here}dist/index.js`,
  `${parts.map(({ name, base64 }) => `const ${name}Base64 = '${base64}'\n`).join('')}
/** A plain loop: faster than Uint8Array.from with a callback by far, and the same everywhere. */
function decode(text) {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
${parts
  .map(
    ({ name }) => `
let ${name}
export const ${name}Bytes = () => decode(${name}Base64)
export const ${name}Module = () => (${name} ??= new WebAssembly.Module(${name}Bytes()))
`,
  )
  .join('')}`,
)
writeFileSync(
  `${here}dist/index.d.ts`,
  parts
    .map(
      ({ name }) => `/** The ${name} module's bytes, a fresh array. */
export declare const ${name}Bytes: () => Uint8Array<ArrayBuffer>
/** The ${name} module, compiled when first asked for. Needs 'wasm-unsafe-eval' under a content security policy. */
export declare const ${name}Module: () => WebAssembly.Module
`,
    )
    .join('\n'),
)
