// The files of Wycheproof, testvectors_v1.

type Fields = Readonly<Record<string, unknown>>

export interface Test extends Fields {
  readonly tcId: number
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

export interface Group extends Fields {
  readonly tests: readonly Test[]
}

export interface WycheproofFile {
  readonly algorithm: string
  readonly testGroups: readonly Group[]
}
