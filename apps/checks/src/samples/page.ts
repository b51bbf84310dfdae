/** A fenced sample of a page. */
export interface Sample {
  readonly language: 'ts' | 'sh'
  /** The line of the page that its first line is, from 1. */
  readonly line: number
  readonly code: string
}

/** A page's `ts` and `sh` samples, in order. */
export function samplesOf(markdown: string): Sample[] {
  const samples: Sample[] = []
  const lines = markdown.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(`{3,})(\w*)/.exec(lines[i] as string)
    if (fence === null) continue
    const start = i + 1
    for (i = start; i < lines.length && lines[i] !== fence[1]; i++);
    const language = fence[2]
    if (language !== 'ts' && language !== 'sh') continue
    samples.push({ language, line: start + 1, code: lines.slice(start, i).join('\n') })
  }
  return samples
}

/**
 * Samples as they are run: a `ts` sample that starts without an import goes on with the program of the one before. Each line
 * keeps the number it has on the page, so that errors point there.
 */
export function programsOf(samples: readonly Sample[]): Sample[] {
  const programs: Sample[] = []
  let last = -1
  for (const sample of samples) {
    const before = programs[last]
    if (sample.language === 'sh' || before === undefined || /^\s*import\b/.test(sample.code)) {
      if (sample.language === 'ts') last = programs.length
      programs.push({ ...sample, code: `${'\n'.repeat(sample.line - 1)}${sample.code}` })
    } else {
      const gap = '\n'.repeat(sample.line - before.code.split('\n').length)
      programs[last] = { ...before, code: `${before.code}${gap}${sample.code}` }
    }
  }
  return programs
}

/** What a program says that it prints: the comments behind `console.log(…)`, in order. `…` stands for anything. */
export function promisedOutput(code: string): RegExp[] {
  return [...code.matchAll(/^.*console\.log\(.*\)[,;]?\s*\/\/ (.+)$/gm)].map(([, text]) => {
    const parts = (text as string).trim().split('…')
    return new RegExp(`^${parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('.*')}$`)
  })
}

/** The first promise that the output does not keep, as lines in that order; undefined if it keeps all. */
export function brokenPromise(promised: readonly RegExp[], output: string): RegExp | undefined {
  const lines = output.split(/\r?\n/)
  let at = 0
  return promised.find((pattern) => {
    const found = lines.findIndex((line, i) => i >= at && pattern.test(line))
    at = found + 1
    return found === -1
  })
}
