/** The contexts of the stored contents, in one table (contents-v1 §Contents). Values are lower-case UUIDs, decimal numbers and plain words. */
export const contentContexts = {
  /** Content 4. */
  store: (store: string): Record<string, string> => ({ store }),
  /** Content 6. */
  ring: (store: string, ring: string, version: number, rights: 'use' | 'administer'): Record<string, string> => ({
    store,
    ring,
    version: String(version),
    rights,
  }),
  /** Content 1. */
  version: (of: VersionContext): Record<string, string> => ({
    store: of.store,
    ring: of.ring,
    key: of.key,
    version: String(of.version),
    purpose: of.purpose,
    spec: of.spec,
    origin: of.origin,
    exportable: String(of.exportable),
  }),
} as const

export interface VersionContext {
  readonly store: string
  readonly ring: string
  readonly key: string
  readonly version: number
  readonly purpose: string
  readonly spec: string
  readonly origin: string
  readonly exportable: boolean
}
