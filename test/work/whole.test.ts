import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeWhole } from '../../src/work/whole.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('whole')
afterAll(() => rmSync(folder, { recursive: true }))

describe('a file written whole', () => {
  it('replaces the one before', async () => {
    await writeWhole(join(folder, 'a'), 'one')
    await writeWhole(join(folder, 'a'), 'two')
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('two')
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it('leaves nothing where it cannot be put in place', async () => {
    mkdirSync(join(folder, 'taken', 'inside'), { recursive: true })
    await expect(writeWhole(join(folder, 'taken'), 'text')).rejects.toThrow()
    expect(readdirSync(folder).sort()).toEqual(['a', 'taken'])
  })
})
