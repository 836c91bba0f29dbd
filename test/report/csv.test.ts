import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { csvLine, openGrowing, parseCsv } from '../../src/report/csv.ts'
import { DfkError } from '../../src/work/errors.ts'

describe('tables', () => {
  it('quote what needs it, and read it again', () => {
    const cells = ['plain', 'a,b', 'he said "no"', 'two\nlines', '']
    const line = csvLine([...cells, 0.5, true, null, undefined])
    expect(line).toBe('plain,"a,b","he said ""no""","two\nlines",,0.5,true,,\r\n')
    const read = [...cells, '0.5', 'true', '', '']
    expect(parseCsv(`${line}${line}`, 'a table')).toEqual([
      { line: 1, cells: read },
      { line: 3, cells: read },
    ])
  })

  it('hold no formula that a file’s own words could smuggle in', () => {
    expect(csvLine(['=HYPERLINK("http://evil")', '@SUM(A1)', '-1', -1])).toBe('"\'=HYPERLINK(""http://evil"")",\'@SUM(A1),\'-1,-1\r\n')
  })

  it('read other programs’ line ends, empty lines, a byte order mark and a last line without an end', () => {
    expect(parseCsv('\ufeffa,b\n\n1,2\r\n3,', 'a table')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 3, cells: ['1', '2'] },
      { line: 4, cells: ['3', ''] },
    ])
    expect(parseCsv('a\nlast', 'a table').map(({ cells }) => cells)).toEqual([['a'], ['last']])
  })

  it('say in which line quotes are wrong', () => {
    for (const line of ['a,"never closed\n', 'a,b"c\n', 'a,"b"c\n', `a,"${'x,y\n'.repeat(1e6)}`]) {
      const read = () => parseCsv(`a,b\n\n"two\nlines",1\n${line}`, 'list.csv')
      expect(read).toThrow(DfkError)
      expect(read).toThrow(/quotes .* in line 5 of list\.csv/)
    }
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
