/** Values computed in a run, by name: the nonce, and what steps captured. */
export type Values = ReadonlyMap<string, string>

const placeholder = /\{\{([a-z][a-zA-Z0-9]*)\}\}/g

/** The names a template refers to. */
export function placeholders(template: string): string[] {
  return [...template.matchAll(placeholder)].map((match) => match[1]!)
}

/** Puts values in place of `{{name}}`. @throws Error for a name that has no value */
export function fill(template: string, values: Values): string {
  return template.replace(placeholder, (_, name: string) => known(values, name))
}

/** A pattern with values in it, which stand for themselves whatever characters they have. `^` and `$` match at lines. */
export function fillPattern(template: string, values: Values): RegExp {
  const source = template.replace(placeholder, (_, name: string) =>
    known(values, name).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'),
  )
  return new RegExp(source, 'm')
}

function known(values: Values, name: string): string {
  const value = values.get(name)
  if (value === undefined) throw new Error(`{{${name}}} has no value yet.`)
  return value
}
