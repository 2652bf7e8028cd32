// 267,397 real company names (of the 267,398 lines one is empty): imported with one command, each with its number and
// mnemonic code, and found by pieces of them exactly as a plain scan finds them. Readings come from ICU's own command
// uconv, not from the program.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { read_csv } from '../support/csv.mjs'
import { Installation, data, databases, temporary_folder } from '../support/server.mjs'

const file = data('zh-names/company-short-names.txt')
const typed = ['有限', '云峰', 'yf', 'yunfeng']
const share = 40 // one of so many belongs to the salesperson

function names_of_file() {
  const lines = readFileSync(file, 'utf8').replace('\ufeff', '').split(/\r?\n/)
  return lines.slice(lines.indexOf('') + 1).filter((line) => line.trim() !== '')
}

// Reading of each character by itself, without tones.
function readings_of(names) {
  const characters = [...new Set(names.join(''))]
  const { status, stdout } = spawnSync('uconv', ['-f', 'utf8', '-t', 'utf8', '-x', '::Han-Latin; ::NFD; ::[:Nonspacing Mark:] Remove; ::Lower;'], {
    input: characters.join('\n') + '\n', encoding: 'utf8', maxBuffer: 64 << 20,
  })
  assert.equal(status, 0, 'uconv comes with the development files of ICU')
  const readings = stdout.trimEnd().split('\n')
  assert.equal(readings.length, characters.length)
  return new Map(characters.map((character, i) => [character, readings[i].trim()]))
}

for (const kind of databases) {
  describe(`267,397 company names on ${kind}`, () => {
    let installation, server, boss, zhou, customers, readings
    before(async () => {
      const folder = temporary_folder()
      const names = names_of_file()
      assert.equal(names.length, 267_397)
      installation = new Installation(kind)
      const accounts = ['boss', 'zhou'].map((login) => installation.add_user(login, login === 'boss' ? 'administrator' : 'salesperson', { name: login === 'boss' ? '总管' : '周凯' }))
      const csv = join(folder, 'names.csv')
      writeFileSync(csv, 'name,owner\n' + names.map((name, i) => `${name},${i % share === 0 ? '周凯' : '总管'}\n`).join(''))
      const { read, created, rejected } = installation.import_file('customer', csv)
      assert.deepEqual({ read, created, rejected }, { read: names.length, created: names.length, rejected: 0 })
      server = await installation.serve()
      ;[boss, zhou] = await Promise.all(accounts.map((account) => server.sign_in(account)))
      const { text } = await boss.get('/api/exports/customer', { format: 'csv', fields: 'name,number,mnemonic,owner' })
      customers = read_csv(text.replace('\ufeff', '')).slice(1)
      assert.deepEqual(customers.map(([name]) => name).sort(), names.sort())
      readings = readings_of(names)
    })
    after(async () => {
      assert.deepEqual(server?.defects() ?? [], [])
      await server?.stop()
    })

    test('each has its own number without a gap, and the mnemonic code of its name (covers: CUST-20)', () => {
      const numbers = customers.map(([, number]) => number).sort()
      assert.equal(new Set(numbers).size, customers.length)
      assert.equal(BigInt(numbers.at(-1).slice(2)) - BigInt(numbers[0].slice(2)), BigInt(customers.length - 1))
      assert.ok(customers.every(([, , mnemonic]) => mnemonic))
    })

    // A name matches characters where it holds them, letters where the initials of some syllables in a row, or their
    // whole readings from one of them on, begin with what was typed.
    const matches = (name, initials, word) => {
      if (!/^[a-z]+$/.test(word)) return name.includes(word)
      if (initials.toLowerCase().includes(word)) return true
      const syllables = [...name].map((character) => readings.get(character))
      return syllables.some((_, i) => syllables.slice(i).join('').startsWith(word))
    }

    for (const word of typed) {
      test(`「${word}」 finds what a plain scan finds, for a salesperson only of the own (covers: PLAT-97, PLAT-99)`, async () => {
        for (const [client, own] of [[boss, customers], [zhou, customers.filter(([, , , owner]) => owner === '周凯')]]) {
          const expected = own.filter(([name, , mnemonic]) => matches(name, mnemonic, word)).map(([, number]) => number).sort()
          if (client === boss && word !== '有限') assert.ok(expected.length > 0, 'no name says 有限, these are short names')
          const found = await client.all('customer', { search: word, fields: 'number' })
          assert.deepEqual(found.map(({ number }) => number).sort(), expected)
          assert.equal(await client.count('customer', { search: word }), expected.length)
        }
      })
    }
  })
}
