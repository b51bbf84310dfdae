// Which way imports point. A folder (or file) of a package's `src` stands in one layer: it imports from itself and from layers before it in
// this list, so that there is no way around in a circle, and a new folder has to be given a place.

const layers = {
  'packages/core': [
    ['errors.ts', 'durations.ts', 'background-timer.ts'],
    ['secret.ts', 'refusals.ts', 'specs'],
    ['encoding'],
    ['crypto'],
    ['public-keys', 'store'],
    ['envelope'],
    ['access', 'derivation', 'exchange', 'fernet', 'key-packages'],
    ['backup', 'key-pairs', 'usage'],
    ['signatures', 'versions'],
    ['keys'],
    ['distribution', 'rotation', 'use'],
    ['incidents'],
    ['audit'],
    ['kms'],
    ['index.ts', 'envelope.ts', 'hazmat.ts', 'testing'],
  ],
  'packages/node': [
    ['threads', 'state-folder.ts', 'sync-folder.ts'],
    ['crypto'],
    ['address.ts', 'backend.ts'],
    ['files', 'store'],
    ['access', 'certificates', 'roots'],
    ['signatures', 'kms.ts'],
    ['index.ts', 'hazmat.ts'],
  ],
}

/** A layer as the start of a path. */
const starts = (layer, folder) => `^${folder}/src/(${layer.map((name) => name.replace('.', '\\.')).join('|')})(/|$)`

function rulesOf(folder, of) {
  const rules = of.flatMap((layer, at) => {
    const from = starts(layer, folder)
    const later = of.slice(at + 1).flat()
    const others = layer.map((name) => ({
      name: `${folder}: ${name} beside its layer`,
      severity: 'error',
      from: { path: starts([name], folder) },
      to: {
        path: starts(
          layer.filter((other) => other !== name),
          folder,
        ),
      },
    }))
    const up = {
      name: `${folder}: ${layer.join(', ')} from a later layer`,
      severity: 'error',
      from: { path: from },
      to: { path: starts(later, folder) },
    }
    return [...(layer.length > 1 ? others : []), ...(later.length > 0 ? [up] : [])]
  })
  const placeless = {
    name: `${folder}: no place in a layer`,
    severity: 'error',
    from: { path: `^${folder}/src/`, pathNot: starts(of.flat(), folder) },
    to: {},
  }
  return [...rules, placeless]
}

module.exports = {
  forbidden: [
    ...Object.entries(layers).flatMap(([folder, of]) => rulesOf(folder, of)),
    { name: 'no circle', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules|dist' },
    includeOnly: '^(packages|apps|bench)/.*src/',
  },
}
