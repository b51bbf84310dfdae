import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'

const options: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  skipLibCheck: true,
  inlineSourceMap: true,
}

/**
 * Checks a program's types against the packages it imports, and compiles it.
 * @returns the path of what was compiled, and what is wrong with the types
 */
export async function compile(
  code: string,
  folder: string,
  name: string,
): Promise<{ readonly path: string; readonly problem: string | undefined }> {
  const source = join(folder, `${name}.ts`)
  await writeFile(source, `${code}\nexport {}\n`)
  const program = ts.createProgram([source], { ...options, typeRoots: [join(folder, '..', 'node_modules', '@types')] })
  const { diagnostics } = program.emit()
  const found = [...ts.getPreEmitDiagnostics(program), ...diagnostics]
  const problem = found.map((one) => describe(one)).join('\n')
  return { path: join(folder, `${name}.js`), problem: problem === '' ? undefined : problem }
}

function describe({ file, start, messageText }: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n')
  if (file === undefined || start === undefined) return text
  return `line ${file.getLineAndCharacterOfPosition(start).line + 1}: ${text}`
}
