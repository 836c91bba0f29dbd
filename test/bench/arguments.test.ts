import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { runNamed } from '../../bench/program.ts'

const script = join(fileURLToPath(new URL('../../', import.meta.url)), 'scripts', 'bench.mjs')

/** What it would print, without a process of its own. */
async function benchHere(...args: string[]) {
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text)
      return true
    })
  }
  const status = await runNamed(args, new AbortController().signal)
  vi.restoreAllMocks()
  return { status, ...written }
}

function bench(...args: string[]) {
  const env = { ...process.env, DFK_HOME: join(script, 'no-such-home') }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr }
}

it('documents every benchmark and its options in one help', async () => {
  const { status, stdout } = await benchHere('--help')
  expect(status).toBe(0)
  for (const word of ['train-step:', 'devices:', 'infer:', 'swap:', 'quality:', '--gan', '--no-gan', '--python', '--clip', '--minutes'])
    expect(stdout).toContain(word)
})

it.each([
  [
    ['nonsense'],
    'expected a benchmark (train-step, devices, infer, swap, swap-kills, swap-memory, quality, faceset, kills, memory, watermark, detect, occlusion) but found "nonsense"',
  ],
  [
    [],
    'expected a benchmark (train-step, devices, infer, swap, swap-kills, swap-memory, quality, faceset, kills, memory, watermark, detect, occlusion) but found none',
  ],
  [['train-step', '--preset', 'huge'], '--preset'],
  [['train-step', '--gan'], '--preset quick, standard or hq'],
  [['train-step', '--precision', 'float16'], '--preset quick, standard or hq'],
  [['devices', '--presets', 'quick,huge'], 'huge'],
  [['infer', '--rounds', '0'], '--rounds'],
  [['swap', '--minutes', '1'], "unknown option '--minutes'"],
])('refuses %j with one line and exit code 2', async (args, message) => {
  const { status, stdout, stderr } = await benchHere(...args)
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(message)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

it('says what to run first where there is no demo to measure', () => {
  const { status, stderr } = bench('swap')
  expect(status).toBe(1)
  expect(stderr).toContain('npm run demo first')
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
