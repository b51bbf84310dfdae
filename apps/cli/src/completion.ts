import type { Command } from 'commander'

const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export function isShell(shell: string): shell is Shell {
  return (shells as readonly string[]).includes(shell)
}

/** A place in the command tree, and what can stand there. */
interface Place {
  /** The commands up to here, such as `key create`; '' at the start. */
  readonly path: string
  readonly words: readonly Word[]
  /** Options that take a value, so that the word after them is no command. */
  readonly valued: readonly string[]
  /** Whether file names complete too. */
  readonly files: boolean
}

interface Word {
  readonly word: string
  readonly description: string
}

/** A completion script made from the command tree itself, so that it cannot fall behind it. */
export function completionScript(root: Command, shell: Shell): string {
  const places = walk(root, [], [])
  return { bash, zsh, fish }[shell](places).trimEnd()
}

function walk(command: Command, path: readonly string[], inherited: Command['options']): readonly Place[] {
  const options = [...command.options, ...inherited]
  const flags = options.flatMap(({ long, short, description }) =>
    [long, short].flatMap((word) => (word === undefined || word === null ? [] : [{ word, description }])),
  )
  const subcommands = command.commands.map((one) => ({
    word: one.name(),
    description: one.summary() || one.description(),
  }))
  const choices = command.registeredArguments.flatMap(({ argChoices, description }) =>
    (argChoices ?? []).map((word) => ({ word, description })),
  )
  const here: Place = {
    path: path.join(' '),
    words: [...subcommands, ...choices, ...flags, { word: '--help', description: 'help for this command' }],
    valued: options
      .filter(({ required }) => required)
      .flatMap(({ long, short }) => [long ?? '', short ?? ''])
      .filter(Boolean),
    files: command.registeredArguments.some((argument) => argument.name() === 'file'),
  }
  return [here, ...command.commands.flatMap((one) => walk(one, [...path, one.name()], options))]
}

/** The commands typed so far, found the same way in bash and zsh: words that are neither options nor their values. */
const pathLoop = (words: string, current: string, first: string): string => `
  local path="" word skip="" i
  for (( i = ${first}; i < ${current}; i++ )); do
    word="\${${words}[i]}"
    if [[ -n "$skip" ]]; then skip=""; continue; fi
    case "$word" in
      -*) case " $(_kms_valued "$path") " in *" $word "*) skip=1 ;; esac ;;
      *) if _kms_is_command "\${path:+$path }$word"; then path="\${path:+$path }$word"; fi ;;
    esac
  done`

function tables(places: readonly Place[]): string {
  const cases = (value: (place: Place) => string): string =>
    places.map((place) => `    ${quote(place.path)}) echo ${quote(value(place))} ;;`).join('\n')
  const known = places.map(({ path }) => quote(path)).join('|')
  const files = places.filter((place) => place.files).map(({ path }) => quote(path))
  return `_kms_words() {
  case "$1" in
${cases(({ words }) => words.map(({ word }) => word).join(' '))}
  esac
}
_kms_valued() {
  case "$1" in
${cases(({ valued }) => valued.join(' '))}
  esac
}
_kms_is_command() {
  case "$1" in ${known}) return 0 ;; esac
  return 1
}
_kms_takes_file() {
  case "$1" in ${files.join('|')}) return 0 ;; esac
  return 1
}`
}

function bash(places: readonly Place[]): string {
  return `# bash completion for kms:  eval "$(kms completion bash)"
${tables(places)}
_kms() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()${pathLoop('COMP_WORDS', 'COMP_CWORD', '1')}
  case "$previous" in
    -o|--output|--password-file) COMPREPLY=( $(compgen -f -- "$current") ); return ;;
    --root|--to|--second-root) COMPREPLY=( $(compgen -W "password env: file:" -- "$current") ); return ;;
  esac
  if [[ -n "$skip" ]]; then return; fi
  COMPREPLY=( $(compgen -W "$(_kms_words "$path")" -- "$current") )
  if _kms_takes_file "$path" && [[ "$current" != -* ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=( "\${COMPREPLY[@]}" $(compgen -f -- "$current") )
  fi
}
complete -F _kms kms ./kms
`
}

function zsh(places: readonly Place[]): string {
  return `#compdef kms
# zsh completion for kms:  source <(kms completion zsh)
${tables(places)}
_kms() {
  local current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}"${pathLoop('words', 'CURRENT', '2')}
  case "$previous" in
    -o|--output|--password-file) _files; return ;;
    --root|--to|--second-root) compadd -- password env: file:; return ;;
  esac
  if [[ -n "$skip" ]]; then return; fi
  compadd -- \${=$(_kms_words "$path")}
  if _kms_takes_file "$path"; then _files; fi
}
compdef _kms kms
`
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, valued, files }) => {
    const seen = `__kms_at ${quote(path)}`
    return words.map(({ word, description }) => {
      const flag = /^--(.+)$/.exec(word)?.[1]
      const short = /^-(.)$/.exec(word)?.[1]
      const what = flag !== undefined ? `-l ${flag}` : short !== undefined ? `-s ${short}` : `-a ${quote(word)}`
      const value = valued.includes(word) ? ' -r' : files || flag !== undefined ? '' : ' -f'
      return `complete -c kms -n ${quote(seen)} ${what}${value} -d ${quote(description)}`
    })
  })
  const known = places.map(({ path }) => quote(path)).join(' ')
  return `# fish completion for kms:  kms completion fish | source
function __kms_at
  set -l path ""
  for word in (commandline -opc)[2..]
    set -l longer (string trim -- "$path $word")
    if contains -- "$longer" ${known}
      set path $longer
    end
  end
  test "$path" = "$argv[1]"
end
complete -c kms -f -n 'not __kms_takes_file'
function __kms_takes_file
${places
  .filter((place) => place.files)
  .map(({ path }) => `  if __kms_at ${quote(path)}; return 0; end`)
  .join('\n')}
  return 1
end
${lines.join('\n')}
`
}

const quote = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`
