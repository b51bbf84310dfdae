/** What is thought of an algorithm today: take it, it does no harm, or only where an old system asks for it. */
export type SpecStatus = 'recommended' | 'acceptable' | 'deprecated'
