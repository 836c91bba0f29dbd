import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { csvLine, openGrowing, parseCsv } from '../../src/report/csv.ts'

describe('tables', () => {
  it('quote what needs it, and read it again', () => {
    const cells = ['plain', 'a,b', 'he said "no"', 'two\nlines', '']
    const line = csvLine([...cells, 0.5, true, null, undefined])
    expect(line).toBe('plain,"a,b","he said ""no""","two\nlines",,0.5,true,,\r\n')
    expect(parseCsv(`${line}${line}`)).toEqual([
      [...cells, '0.5', 'true', '', ''],
      [...cells, '0.5', 'true', '', ''],
    ])
  })

  it('hold no formula that a file’s own words could smuggle in', () => {
    expect(csvLine(['=HYPERLINK("http://evil")', '@SUM(A1)', '-1', -1])).toBe('"\'=HYPERLINK(""http://evil"")",\'@SUM(A1),\'-1,-1\r\n')
  })

  it('read other programs’ line ends, empty lines, a byte order mark and a last line without an end', () => {
    expect(parseCsv('\ufeffa,b\n\n1,2\r\n3,')).toEqual([
      ['a', 'b'],
      ['1', '2'],
      ['3', ''],
    ])
    expect(parseCsv('a\nlast')).toEqual([['a'], ['last']])
    expect(() => parseCsv('a,"never closed\n')).toThrow(/quote/)
  })

  it('grow beside their place and get there whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dfk-csv-'))
    const path = join(folder, 'out.csv')
    const file = await openGrowing(path)
    await file.write('a\r\n')
    expect(existsSync(path)).toBe(false)
    await file.write('b\r\n')
    await file.finish()
    await file.abandon()
    expect(readFileSync(path, 'utf8')).toBe('a\r\nb\r\n')
    const stopped = await openGrowing(path)
    await stopped.write('c\r\n')
    await stopped.abandon()
    expect(readFileSync(stopped.partial, 'utf8')).toBe('c\r\n')
    expect(readFileSync(path, 'utf8')).toBe('a\r\nb\r\n')
    rmSync(folder, { recursive: true })
  })
})
