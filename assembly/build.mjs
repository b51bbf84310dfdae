// Generates the unrolled kernels, compiles the module, and embeds it in an ES module that needs no loader.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import asc from 'assemblyscript/asc'
import { aesCtr } from './generators/aes-ctr.mjs'
import { aesLanes } from './generators/aes-lanes.mjs'
import { aesTables } from './generators/aes-tables.mjs'
import { blamka } from './generators/blamka.mjs'
import { chacha20 } from './generators/chacha20.mjs'
import { ghash } from './generators/ghash.mjs'
import { sha256, sha512 } from './generators/sha2.mjs'
import { sections, withBodiesInOrder } from './in-order.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const generated = {
  'aes-ctr': aesCtr,
  'aes-lanes': aesLanes,
  'aes-tables': aesTables,
  blamka,
  chacha20,
  ghash,
  sha256,
  sha512,
}

/**
 * `pages` of 64 KiB: initial and maximum, since memory never grows. The second module has none of its own: JavaScript gives it a memory
 * of the size that one derivation needs. `inOrder`: functions whose instructions stay as they are generated.
 */
const modules = [
  {
    name: 'primitives',
    entry: 'src/index.ts',
    file: 'index',
    pages: 23,
    inOrder: ['aes-ctr/aesCtr', 'chacha20/chacha20', 'ghash/ghashPairs', 'sha256/sha256Blocks', 'sha512/sha512Blocks'],
  },
  {
    name: 'passwordHashing',
    entry: 'src/password-hashing/index.ts',
    file: 'password-hashing',
    inOrder: ['blamka/compressBlock'],
  },
  {
    name: 'rewrapping',
    entry: 'src/rewrapping/index.ts',
    file: 'rewrapping',
    pages: 11,
    inOrder: ['aes-lanes/aesLanes', 'sha512/sha512Blocks'],
  },
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

/** WebAssembly core specification §5.5.11: what runs at instantiation, before anybody calls. */
const startSection = 8

/** Constants into their places, locals into as few as it takes; nothing moves. */
const withoutMoves = ['simplify-globals', 'simplify-locals-nonesting', 'coalesce-locals', 'reorder-locals', 'vacuum']

/** Compiles a module, with names. @returns it with all optimisations, and without those that move instructions: bytes and text of each */
async function compile(entry, pages) {
  const fixed = ['--runtime', 'stub', '-O3', '--shrinkLevel', '1', '--noAssert', '--enable', 'simd', '--debug']
  const memory = pages
    ? ['--initialMemory', String(pages), '--maximumMemory', String(pages)]
    : ['--importMemory', '--zeroFilledMemory'] // so that its areas' zeros are not part of the module
  const inOrder = {}
  class BeforeOptimising {
    afterCompile(module) {
      const { binaryen } = this
      binaryen.setDebugInfo(true)
      const copy = binaryen.readBinary(module.emitBinary())
      copy.setFeatures(module.getFeatures())
      copy.runPasses(withoutMoves)
      inOrder.bytes = Buffer.from(copy.emitBinary())
      inOrder.text = copy.emitText()
      copy.dispose()
    }
  }
  const written = {}
  const { error, stderr } = await asc.main(
    [entry, '--baseDir', here, '--outFile', 'bytes', '--textFile', 'text.wast', ...fixed, ...memory],
    {
      transforms: [BeforeOptimising],
      writeFile: (name, content) => {
        written[name] = content
      },
    },
  )
  if (error) throw new Error(`${entry}: ${stderr.toString() || error.message}`)
  return { optimised: { bytes: Buffer.from(written.bytes), text: written['text.wast'] }, inOrder }
}

for (const { name, entry, file, pages, inOrder } of modules) {
  const compiled = await compile(entry, pages)
  const functions = inOrder.map((path) => `generated/${path}`)
  const bytes = withBodiesInOrder(compiled.optimised, compiled.inOrder, functions)
  writeFileSync(`${here}dist/${file}.wasm`, bytes)
  const module = new WebAssembly.Module(bytes)
  const imports = WebAssembly.Module.imports(module).filter(({ kind }) => pages || kind !== 'memory')
  if (imports.length > 0) throw new Error(`${name} has imports`)
  if (sections(bytes).some(({ id }) => id === startSection)) throw new Error(`${name} starts itself`)
  const env = { memory: new WebAssembly.Memory({ initial: 1, maximum: 1 }) }
  const { heapAt } = new WebAssembly.Instance(module, { env }).exports
  if (heapAt.value > 0x10000) throw new Error(`${name}: its constants reach into its areas`)
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`)
  writeFileSync(`${here}dist/${file}.js`, embedding(name, bytes))
  writeFileSync(`${here}dist/${file}.d.ts`, declaration(name))
}
