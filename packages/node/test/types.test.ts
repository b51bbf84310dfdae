import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

// Most Node projects have no DOM in `lib`, and whoever checks libraries too must find nothing in ours.
test('the declarations hold without the types of browsers', () => {
  const program = ts.createProgram([fileURLToPath(new URL('../dist/index.d.ts', import.meta.url))], {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
  })
  const ours = program.getSourceFiles().filter(({ fileName }) => /\/packages\/(core|node)\/dist\//.test(fileName))
  expect(ours.length).toBeGreaterThan(50)
  const said = ours
    .flatMap((file) => program.getSemanticDiagnostics(file))
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
  expect(said).toEqual([])
}, 300_000)
