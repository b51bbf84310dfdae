import { builtinModules } from 'node:module'
import { rolldown } from 'rolldown'

export interface Bundle {
  readonly code: string
  /** What in it no browser has. */
  readonly problems: readonly string[]
}

const builtin = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]))

/**
 * One classic script of a program and all it imports, for a browser. A classic script has no top-level await: a bundle of
 * something that needs one fails.
 */
export async function bundle(entry: string): Promise<Bundle> {
  const problems: string[] = []
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    plugins: [
      {
        name: 'nothing of Node',
        resolveId(id, importer) {
          if (builtin.has(id)) problems.push(`${importer ?? entry} imports ${id}`)
          return null
        },
      },
    ],
    onLog(_level, log) {
      problems.push(log.message)
    },
  })
  try {
    const { output } = await build.generate({ format: 'iife' })
    const [chunk] = output
    problems.push(...chunk.imports.map((name) => `${name} stays outside of the bundle`))
    return { code: chunk.code, problems }
  } finally {
    await build.close()
  }
}
