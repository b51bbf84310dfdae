import { describe, expect, test } from 'vitest'
import { parseAddress } from '../src/address.ts'

describe('a store address', () => {
  test.each([
    ['sqlite:app.keys', '/home/ann/app.keys'],
    ['sqlite:./app.keys', '/home/ann/app.keys'],
    ['sqlite:../app.keys', '/home/app.keys'],
    ['sqlite:/srv/app.keys', '/srv/app.keys'],
    ['sqlite:///srv/app.keys', '/srv/app.keys'],
    ['SQLite:app.keys', '/home/ann/app.keys'],
    ['sqlite:my%20keys%3F', '/home/ann/my keys?'],
    ['sqlite:my keys', '/home/ann/my keys'],
  ])('%s is the file %s', (url, path) => {
    const address = parseAddress(url, '/home/ann')
    expect(address).toMatchObject({ scheme: 'sqlite', path, fingerprint: undefined })
    expect(parseAddress(address.url, '/elsewhere').path).toBe(path)
  })

  test('memory: has no path', () => {
    expect(parseAddress('memory:')).toEqual({ scheme: 'memory', path: '', fingerprint: undefined, url: 'memory:' })
  })

  test('a fingerprint is no part of the path', () => {
    expect(parseAddress('sqlite:app.keys?fingerprint=abc', '/home')).toMatchObject({
      path: '/home/app.keys',
      fingerprint: 'abc',
    })
  })

  test.each([
    ['app.keys', 'sqlite:app.keys'],
    ['./app.keys', 'sqlite:./app.keys'],
    ['postgres://host/db', 'sqlite:PATH'],
    ['C:\\keys', 'sqlite:PATH'],
    ['sqlite:', 'names no file'],
    ['sqlite://host/app.keys', 'sqlite:///PATH'],
    ['sqlite:app.keys?password=x', 'no parameter "password"'],
    ['sqlite:%zz', '%25'],
    ['sqlite:a%00b', 'NUL'],
    ['memory:x', 'memory:'],
  ])('%s is refused, and the message says what to write', (url, hint) => {
    expect(() => parseAddress(url, '/home')).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(hint) }),
    )
  })
})
