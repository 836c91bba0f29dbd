import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openRun } from '../../src/store/checkpoint.ts'
import { scratchFolder } from '../support/data.ts'

const home = scratchFolder('run')
afterAll(() => rmSync(home, { recursive: true, force: true }))

it.each([
  ['empty', '', /expected JSON in .*config.json but it does not parse/],
  ['truncated', '{"schema":1,"name":"r', /expected JSON in .*config.json but it does not parse/],
  ['of other fields', '{"schema":1,"name":"run"}', /expected the config of a run in .*config.json but preset/],
])('a config.json that is %s is said in one line, with what to do', async (what, text, message) => {
  const folder = join(home, 'checkpoints', what)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config.json'), text)
  await expect(openRun(home, what)).rejects.toThrow(message)
  await expect(openRun(home, what)).rejects.toMatchObject({ exitCode: 1, hint: expect.stringContaining('restore the file') })
})

it('a folder without config.json is no run', async () => {
  await expect(openRun(home, 'nothing')).rejects.toThrow(/expected a training run at .* but found none/)
})
