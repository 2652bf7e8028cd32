// Lists as files, and back again.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { read_csv, read_records, write_csv } from '../support/csv.mjs'
import { Installation, databases, temporary_folder } from '../support/server.mjs'

const dangerous = ['=1+1', '+44 cells', '-2+3', '@SUM(A1:A2)', '\tTab first', '=cmd|\' /C calc\'!A0']
const plain = ['苏州云峰自动化设备有限公司', 'Comma, Inc.', 'He said "no"', 'Ärger & Söhne', '两行']

for (const kind of databases) {
  describe(`exports on ${kind}`, () => {
    test('cells that a spreadsheet would run are made safe, and everything else stands as it is', () => {
      const installation = new Installation(kind)
      const folder = temporary_folder()
      const rows = [['客户名称', '备注'], ...[...dangerous, ...plain].map((text, i) => [`甲${i}公司`, text])]
      writeFileSync(join(folder, 'in.csv'), write_csv(rows))
      const { created } = installation.import_file('customer', join(folder, 'in.csv'))
      assert.equal(created, rows.length - 1)
      const out = installation.done(['export', 'customer']).out
      assert.equal(out.charCodeAt(0), 0xfeff, 'spreadsheets need the mark to read Chinese')
      const notes = new Map(read_records(out).map((record) => [record['客户名称'], record['备注']]))
      for (const [name, text] of rows.slice(1)) {
        const note = notes.get(name)
        assert.ok(note === text || note === `'${text}` || note === text.trim(), `${text} became ${note}`)
        assert.doesNotMatch(note, /^[=+\-@\t\r]/)
      }
      for (const [name, text] of rows.slice(1 + dangerous.length)) assert.equal(notes.get(name), text)
    })

    test('what is exported can be imported elsewhere and is the same there', () => {
      const one = new Installation(kind)
      const folder = temporary_folder()
      const rows = [
        ['客户名称', '简称', '电话', '电子邮箱', '员工人数', '成立时间', '备注'],
        ['苏州云峰自动化设备有限公司', '云峰', '0512-62881234', 'info@yunfeng.example', '120', '2009-03-17', '第一行\n第二行，"引号"'],
        ['Ärger & Söhne', '', '', '', '0', '', '=1+1'],
        ['远大空调', '远大', '', '', '', '1988-06-01', '-5 度'],
      ]
      writeFileSync(join(folder, 'in.csv'), write_csv(rows))
      assert.equal(one.import_file('customer', join(folder, 'in.csv')).created, 3)
      const first = one.done(['export', 'customer']).out
      writeFileSync(join(folder, 'out.csv'), first)
      const two = new Installation(kind)
      const { created, rejected } = two.import_file('customer', join(folder, 'out.csv'))
      assert.deepEqual([created, rejected], [3, 0])
      const kept = (out) =>
        read_records(out)
          .map((record) => rows[0].filter((heading) => heading !== '电话').map((heading) => record[heading]).concat(record['业务电话'], record['助记码'], record['状态']))
          .sort()
      assert.deepEqual(kept(two.done(['export', 'customer']).out), kept(first))
    })

    test('a filter chooses rows, a language chooses headings, and XLSX is a workbook', () => {
      const installation = new Installation(kind)
      const folder = temporary_folder()
      writeFileSync(join(folder, 'in.csv'), write_csv([['客户名称'], ['云峰'], ['远大'], ['云海']]))
      installation.import_file('customer', join(folder, 'in.csv'))
      const filter = JSON.stringify({ and: [['name', 'starts_with', '云']] })
      const [headings, ...rows] = read_csv(installation.done(['export', 'customer', '--language', 'en', '--filter', filter]).out)
      assert.ok(headings.includes('Company name'))
      assert.deepEqual(rows.map((row) => row[headings.indexOf('Company name')]).sort(), ['云峰', '云海'])
      const { out } = installation.done(['export', 'customer', '--format', 'xlsx'], { binary: true })
      assert.equal(out.subarray(0, 2).toString('latin1'), 'PK')
      writeFileSync(join(folder, 'out.xlsx'), out)
      const { read, skipped, created } = installation.import_file('customer', join(folder, 'out.xlsx'))
      assert.deepEqual([read, skipped, created], [3, 3, 0], 'the same customers are recognised by their number')
    })

    test('an unknown object or field is refused and nothing is written', () => {
      const installation = new Installation(kind)
      assert.deepEqual([installation.command(['export', 'nothing']).code, installation.command(['export', 'nothing']).out], [1, ''])
      const filtered = installation.command(['export', 'customer', '--filter', '["nothing","is",1]'])
      assert.equal(filtered.code, 1)
      assert.equal(filtered.out, '')
    })
  })
}
