// Generates the unrolled kernels, compiles the module, and embeds it in an ES module that needs no loader.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import asc from 'assemblyscript/asc'
import { aesCtr } from './generators/aes-ctr.mjs'
import { aesTables } from './generators/aes-tables.mjs'
import { blamka } from './generators/blamka.mjs'
import { chacha20 } from './generators/chacha20.mjs'
import { ghash } from './generators/ghash.mjs'
import { sha256, sha512 } from './generators/sha2.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const generated = {
  'aes-ctr': aesCtr,
  'aes-tables': aesTables,
  blamka,
  chacha20,
  ghash,
  sha256,
  sha512,
}

/**
 * `pages` of 64 KiB: initial and maximum, since memory never grows. The second module has none of its own: JavaScript gives it a memory
 * of the size that one derivation needs.
 */
const modules = [
  { name: 'primitives', entry: 'src/index.ts', file: 'index', pages: 23 },
  { name: 'passwordHashing', entry: 'src/password-hashing/index.ts', file: 'password-hashing' },
]

for (const folder of ['generated', 'dist']) mkdirSync(`${here}${folder}`, { recursive: true })
for (const [name, source] of Object.entries(generated)) writeFileSync(`${here}generated/${name}.ts`, source)

/** The ES module that holds a WebAssembly module. */
const embedding = (name, bytes) => `const base64 = '${bytes.toString('base64')}'

/** The platform’s own decoder where it has one, in 0.2 ms; the loop takes 2 (November 2026). */
function decode(text) {
  if (globalThis.Buffer !== undefined) return new Uint8Array(globalThis.Buffer.from(text, 'base64'))
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

let compiled
export const ${name}Bytes = () => decode(base64)
export const ${name}Module = () => (compiled ??= new WebAssembly.Module(${name}Bytes()))
`
const declaration = (name) => `/** The ${name} module's bytes, a fresh array. */
export declare const ${name}Bytes: () => Uint8Array<ArrayBuffer>
/** The ${name} module, compiled when first asked for. Needs 'wasm-unsafe-eval' under a content security policy. */
export declare const ${name}Module: () => WebAssembly.Module
`

for (const { name, entry, file, pages } of modules) {
  const output = `dist/${file}.wasm`
  const options = ['--runtime', 'stub', '-O3', '--shrinkLevel', '1', '--noAssert', '--enable', 'simd']
  const memory = pages ? ['--initialMemory', String(pages), '--maximumMemory', String(pages)] : ['--importMemory']
  const { error, stderr } = await asc.main([entry, '--baseDir', here, '--outFile', output, ...options, ...memory])
  if (error) throw new Error(`${name}: ${stderr.toString() || error.message}`)
  const bytes = readFileSync(`${here}${output}`)
  const module = new WebAssembly.Module(bytes)
  const imports = WebAssembly.Module.imports(module).filter(({ kind }) => pages || kind !== 'memory')
  if (imports.length > 0) throw new Error(`${name} has imports`)
  if (WebAssembly.Module.exports(module).some((item) => item.name === '_start'))
    throw new Error(`${name} starts itself`)
  const env = { memory: new WebAssembly.Memory({ initial: 1, maximum: 1 }) }
  const { heapAt } = new WebAssembly.Instance(module, { env }).exports
  if (heapAt.value > 0x10000) throw new Error(`${name}: its constants reach into its areas`)
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`)
  writeFileSync(`${here}dist/${file}.js`, embedding(name, bytes))
  writeFileSync(`${here}dist/${file}.d.ts`, declaration(name))
}
