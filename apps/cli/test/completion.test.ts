import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { completionScript } from '../src/completion.ts'
import { program } from '../src/program.ts'
import { sandbox } from './kms.ts'

const box = sandbox()

/** What bash would offer for the last of these words. */
function offered(...words: string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ')
  const script = `source completion.bash; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _kms; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['--norc', '-c', script], { cwd: box.path(), encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
}

describe('bash', () => {
  beforeAll(async () => {
    const { stdout } = await box.kms(['completion', 'bash'])
    writeFileSync(box.path('completion.bash'), stdout)
    writeFileSync(box.path('notes.txt'), '')
  })

  test('completes commands, and commands of commands', () => {
    expect(offered('kms', 'en')).toEqual(['encrypt'])
    expect(offered('kms', 'key', 're').sort()).toEqual(['receive', 'rename', 'retire'])
    expect(offered('kms', '--store', 'key', 'restore', '')).toContain('accept')
    expect(offered('kms', 'completion', 'z')).toEqual(['zsh'])
  })

  test('completes options, own and global', () => {
    expect(offered('kms', 'encrypt', '--t')).toEqual(['--to', '--text'])
    expect(offered('kms', 'key', 'list', '--js')).toEqual(['--json'])
    expect(offered('kms', '--root', 'pass')).toEqual(['password'])
  })

  test('completes files where a file stands', () => {
    expect(offered('kms', 'encrypt', 'no')).toContain('notes.txt')
    expect(offered('kms', 'key', 'list', 'no')).not.toContain('notes.txt')
    expect(offered('kms', 'encrypt', '-o', 'no')).toContain('notes.txt')
  })
})

test('every command and option of the tree is in every script', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(program(), shell)
    for (const command of program().commands) {
      expect(script).toContain(command.name())
      for (const option of command.options) expect(script).toContain(option.long?.slice(2))
    }
  }
})
