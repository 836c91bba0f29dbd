import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const tensor = fileURLToPath(new URL('../../src/tensor/index.ts', import.meta.url))

it.skipIf(process.platform !== 'linux')(
  'ONNX Runtime keeps no records of what runs when a device opens, computes or is tried (Linux)',
  () => {
    const home = mkdtempSync(join(tmpdir(), 'dfk-home-'))
    const script = `
    import { openDevice, probeDevices, tf } from ${JSON.stringify(tensor)}
    await probeDevices()
    const program = await (await openDevice('cpu')).compile(({ x }) => ({ outputs: { y: tf.neg(x) } }), { inputs: { x: { shape: [1] } } })
    console.log((await program.run({ x: { data: Float32Array.of(1), shape: [1] } })).y.data[0])
    await program.dispose()`
    const env: NodeJS.ProcessEnv = { ...process.env, HOME: home, DFK_CACHE: join(home, 'kept') }
    for (const name of ['ORT_DISABLE_TELEMETRY', 'XDG_CACHE_HOME']) delete env[name]
    try {
      const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { env, encoding: 'utf8' })
      expect(stdout).toBe('-1\n')
      // Where nothing was noted, there need not even be a folder.
      const cache = join(home, '.cache')
      expect(existsSync(cache) ? readdirSync(cache) : []).not.toContain('Microsoft')
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  },
  60_000,
)
