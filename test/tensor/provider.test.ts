import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { tryProvider } from '../../src/tensor/provider.ts'

const folder = mkdtempSync(join(tmpdir(), 'dfk-provider-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

it('a driver that ends its process is a device that does not work, and nothing worse', async () => {
  const deadly = join(folder, 'deadly.cjs')
  writeFileSync(deadly, 'process.kill(process.pid, "SIGKILL")')
  process.env['NODE_OPTIONS'] = `--require ${deadly}`
  expect(await tryProvider('webgpu')).toMatch(/^a process that ended with /)
  delete process.env['NODE_OPTIONS']
})
