/** Whether something should be chosen today: for anything new; where it is there already, or asked for; not for anything new. */
export type SpecStatus = 'recommended' | 'acceptable' | 'deprecated'
