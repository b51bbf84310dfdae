/** A sentence of a specification page that binds an implementation. */
export interface Sentence {
  /** As tests name it, `E-17`. */
  readonly id: string
  /** `docs/envelope-v1.md:12`. */
  readonly place: string
  /** The end of what it says. */
  readonly text: string
}

/** How pages and the titles of tests name a sentence: `[E-17]`. */
const reference = /\[([A-Z]-[1-9]\d*)\]/g

/** The ids a text names, each once, in order. */
export function idsNamed(text: string): string[] {
  return [...new Set([...text.matchAll(reference)].map((match) => match[1]!))]
}

/** A page's sentences. Ids in code (`` `[E-1]` ``) are spoken of, not given. */
export function sentencesOf(page: string, markdown: string): Sentence[] {
  return markdown.split(/\r?\n/).flatMap((line, index) => {
    const spoken = line.replace(/`[^`]*`/g, (code) => (idsNamed(code).length > 0 ? '' : code))
    let from = 0
    return [...spoken.matchAll(reference)].map((match) => {
      const said = spoken.slice(from, match.index).trim()
      from = match.index + match[0].length
      return { id: match[1]!, place: `${page}:${index + 1}`, text: said.length > 90 ? `…${said.slice(-90)}` : said }
    })
  })
}
