// Functions that keep the order of their instructions. wasm-opt moves each value to where it is first used, which undoes what a generator
// interleaves. V8 13 and later emit instructions in the order they are given, and are 5 to 20 % slower for it; earlier ones sort
// them anyway (bench/src/wasm.ts, November 2026). So these functions are compiled a second time without wasm-opt's moves, and their bodies
// exchanged: a body is self-contained as long as it calls no function and uses no global, which is checked.

/** An unsigned LEB128 number at `at`, and where it ends. */
function number(bytes, at) {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]
    value += (byte & 127) * scale
    if (byte < 128) return [value, at]
  }
}

function encoded(value) {
  const bytes = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return Buffer.from([...bytes, value])
}

/** What is prefixed with its length at `at`, and where it ends. */
function sized(bytes, at) {
  const [length, start] = number(bytes, at)
  return [bytes.subarray(start, start + length), start + length]
}

const custom = 0
const code = 10

/** WebAssembly core specification §5.5.2: id and content of each section. */
export function sections(module) {
  const found = []
  for (let at = 8; at < module.length; ) {
    const [content, end] = sized(module, at + 1)
    found.push({ id: module[at], content })
    at = end
  }
  return found
}

/** §5.5.13. These modules import no function, so that a body's place is its function's index. */
function bodies(module) {
  const { content } = sections(module).find(({ id }) => id === code)
  let [count, at] = number(content, 0)
  const found = []
  for (; count > 0; count--) {
    const [body, end] = sized(content, at)
    found.push(body)
    at = end
  }
  return found
}

/** §7.4.1, subsection 1: the names of functions. */
function indices(module) {
  const found = new Map()
  for (const { id, content } of sections(module)) {
    if (id !== custom) continue
    const [title, start] = sized(content, 0)
    if (title.toString() !== 'name') continue
    for (let at = start; at < content.length; ) {
      const [names, end] = sized(content, at + 1)
      if (content[at] === 1) {
        let [count, next] = number(names, 0)
        for (; count > 0; count--) {
          const [index, afterIndex] = number(names, next)
          const [name, afterName] = sized(names, afterIndex)
          found.set(name.toString(), index)
          next = afterName
        }
      }
      at = end
    }
  }
  return found
}

/** A function in a module's text: the line with its parameters, and the rest. */
function inText(text, name) {
  const start = text.indexOf(`(func $${name} `)
  if (start < 0) throw new Error(`There is no function ${name}; was it inlined?`)
  const line = text.indexOf('\n', start)
  return { parameters: text.slice(start, line), body: text.slice(line, text.indexOf('\n )', line)) }
}

/**
 * @param optimised a module with names, `{ bytes, text }`
 * @param inOrder the same source, compiled without wasm-opt's moves
 * @param names of the functions to be taken from the second
 * @returns the first module without names
 */
export function withBodiesInOrder(optimised, inOrder, names) {
  const result = bodies(optimised.bytes)
  const others = bodies(inOrder.bytes)
  const [here, there] = [indices(optimised.bytes), indices(inOrder.bytes)]
  for (const name of names) {
    const { parameters, body } = inText(inOrder.text, name)
    const reference = /\b(call|global|table|elem|data)\S*/.exec(body)
    if (reference) throw new Error(`${name} is not self-contained: ${reference[0]}`)
    // wasm-opt drops a parameter that is the same in every call.
    if (parameters !== inText(optimised.text, name).parameters)
      throw new Error(`${name}: other parameters, ${parameters}`)
    result[here.get(name)] = others[there.get(name)]
  }
  const content = Buffer.concat([encoded(result.length), ...result.flatMap((body) => [encoded(body.length), body])])
  const parts = sections(optimised.bytes)
    .filter(({ id }) => id !== custom)
    .flatMap((section) => {
      const bytes = section.id === code ? content : section.content
      return [Buffer.from([section.id]), encoded(bytes.length), bytes]
    })
  return Buffer.concat([optimised.bytes.subarray(0, 8), ...parts])
}
