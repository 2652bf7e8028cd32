// Files that others wrote: each is imported to the right cells, or refused with a reason. None breaks the program.
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { read_records } from '../support/csv.mjs'
import { Installation, data, temporary_folder } from '../support/server.mjs'

const memory_max = 128 * 2 ** 20

describe('files of others', () => {
  let installation, folder
  before(() => {
    installation = new Installation('sqlite')
    folder = temporary_folder()
  })

  for (const file of readdirSync(data('xlsx')).filter((name) => name !== 'LICENSE')) {
    test(`${file} is read or refused with a reason`, () => {
      copyFileSync(data(`xlsx/${file}`), join(folder, file))
      const { code, signal, out, err, peak } = installation.command(['import', 'customer', join(folder, file), '--dry-run'], { peak: true })
      assert.equal(signal, null)
      assert.ok(peak <= memory_max, `${(peak / 2 ** 20).toFixed(1)} MB`)
      if (code === 0) {
        const { read, created, updated, skipped, rejected } = JSON.parse(out)
        assert.equal(created + updated + skipped + rejected, read)
        if (rejected > 0) assert.ok(existsSync(join(folder, file + '.rejects.csv')))
      } else {
        assert.equal(code, 1)
        assert.match(err, /^guanxi: .{10,}/)
        assert.doesNotMatch(err, /on our side/)
      }
    })
  }

  test('names and notes of the CSV corner cases arrive exactly', () => {
    for (const file of readdirSync(data('csv-spectrum')).filter((name) => name.endsWith('.csv'))) {
      const meaning = JSON.parse(readFileSync(data(`csv-spectrum/${file.replace('.csv', '.json')}`), 'utf8'))
      const expected = [meaning].flat()
      const fresh = new Installation('sqlite')
      const columns = Object.keys(expected[0])
      // The last column becomes the note; a name is added, because a customer needs one.
      const noted = columns.at(-1)
      const text = readFileSync(data(`csv-spectrum/${file}`), 'utf8')
      const named = `name,${text}`
      let row = 0
      let quoted = false
      let out = ''
      for (const [i, c] of [...named].entries()) {
        out += c
        if (c === '"') quoted = !quoted
        if (c === '\n' && !quoted && i < [...named].length - 1) out += `公司${++row},`
      }
      writeFileSync(join(folder, file), out)
      const map = Object.fromEntries(columns.map((column) => [column, column === noted ? 'description' : null]))
      writeFileSync(join(folder, 'map.json'), JSON.stringify({ name: 'name', ...map }))
      const { code, out: summary, err, peak } = fresh.command(['import', 'customer', join(folder, file), '--map', join(folder, 'map.json')], { peak: true })
      assert.equal(code, 0, err)
      assert.equal(JSON.parse(summary).created, expected.length, file)
      assert.ok(peak <= memory_max, `${file}: ${(peak / 2 ** 20).toFixed(1)} MB`)
      const notes = new Map(read_records(fresh.done(['export', 'customer']).out).map((record) => [record['客户名称'], record['备注']]))
      for (const [i, record] of expected.entries()) {
        const note = notes.get(`公司${i + 1}`)
        assert.equal(note.replaceAll('\r\n', '\n').replace(/^'/, ''), record[noted].replaceAll('\r\n', '\n').trim(), file)
      }
    }
  })

  test('GBK, UTF-16 and Big5, and commas, semicolons and tabs are found by themselves', () => {
    const gbk = Buffer.from('bfcdbba7c3fbb3c62cb1b8d7a20ad4c6b7e5d7d4b6afbbaf2cb2e2cad40a', 'hex') // 客户名称,备注 云峰自动化,测试
    const utf16 = Buffer.from('\ufeff客户名称\t备注\n云峰自动化\t测试\n', 'utf16le')
    const semicolons = Buffer.from('客户名称;备注\n云峰自动化;测试\n')
    for (const [name, bytes] of Object.entries({ gbk, utf16, semicolons })) {
      const fresh = new Installation('sqlite')
      writeFileSync(join(folder, `${name}.csv`), bytes)
      assert.equal(fresh.import_file('customer', join(folder, `${name}.csv`)).created, 1, name)
      const [record] = read_records(fresh.done(['export', 'customer']).out)
      assert.deepEqual([record['客户名称'], record['备注']], ['云峰自动化', '测试'], name)
    }
  })

  test('an empty file, a broken workbook and a binary file are refused with a reason', () => {
    const broken = readFileSync(data('xlsx/interview.xlsx')).subarray(0, 3000)
    for (const [name, bytes] of Object.entries({ 'empty.csv': '', 'broken.xlsx': broken, 'binary.csv': Buffer.from([0, 1, 2, 3, 255, 254, 0, 0]), 'text.xlsx': 'a,b\n1,2\n' })) {
      writeFileSync(join(folder, name), bytes)
      const { code, signal, err } = installation.command(['import', 'customer', join(folder, name)])
      assert.deepEqual([code, signal], [1, null], `${name}: ${err}`)
      assert.doesNotMatch(err, /on our side/, name)
    }
  })
})
