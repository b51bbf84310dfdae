import type { CanonicalObject } from './canonical.ts'

/** What a field of canonical bytes holds; an object stands for an array of such objects. */
export type Field = 'text' | 'integer' | 'flag' | 'texts' | 'integers' | Readonly<Record<string, 'text' | 'integer'>>

/** The fields of an object by name. */
export type Fields = Readonly<Record<string, Field>>

/** Whether an object has exactly these fields, each of its type. Unknown fields are refused. */
export function fitsFields(expected: Fields, record: CanonicalObject): boolean {
  const names = Object.keys(expected)
  return (
    names.length === Object.keys(record).length && names.every((name) => fits(expected[name] as Field, record[name]))
  )
}

function fits(field: Field, value: unknown): boolean {
  if (typeof field === 'object') {
    return Array.isArray(value) && value.every((item) => isObject(item) && fitsFields(field, item))
  }
  switch (field) {
    case 'text':
      return typeof value === 'string'
    case 'integer':
      return typeof value === 'number'
    case 'flag':
      return typeof value === 'boolean'
    case 'texts':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
    case 'integers':
      return Array.isArray(value) && value.every((item) => typeof item === 'number')
  }
}

const isObject = (value: unknown): value is CanonicalObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
