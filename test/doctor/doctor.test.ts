import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

function doctor(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, 'doctor', ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  })
  return { code: status, stdout, stderr }
}

describe('dfk doctor', () => {
  it('says what is here, and exits with 0 where the pipeline can run', () => {
    const { code, stdout } = doctor(['--json', '--quiet'])
    const result = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(result).toMatchObject({ ok: true, node: process.version, ffmpeg: { path: expect.any(String), version: expect.any(String) } })
    expect(result.ffmpeg.encoders).toContain('libx264')
    expect(result.ffmpeg.encoders.filter((name: string) => result.ffmpeg.failing.includes(name))).toEqual([])
    expect(result.devices.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['cpu', 'webgpu', 'cuda', 'tensorflow']),
    )
    for (const device of result.devices) {
      expect(device).toMatchObject({ name: expect.any(String), available: expect.any(Boolean), reason: expect.stringMatching(/./) })
      // What is missing comes with what to do about it.
      if (!device.available) expect(device.hint).toMatch(/./)
    }
    expect(result.devices.find(({ name }: { name: string }) => name === 'cpu').available).toBe(true)
    expect(result.models.every(({ found }: { found: boolean }) => found)).toBe(true)
    expect(result.models.map(({ name }: { name: string }) => name).sort()).toEqual([
      'base-quick',
      'base-standard',
      'detector',
      'enhancer',
      'face_recognition',
      'facemesh',
      'faceres',
      'iris',
      'nsfwjs',
      'occlusion',
      'ssd_mobilenetv1',
    ])
    expect(result.packages.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['bullmq', 'ioredis']))
    expect(result.memory.totalBytes).toBeGreaterThan(2 ** 29)
    expect(result.disk.freeBytes).toBeGreaterThan(0)
    for (const finding of result.findings)
      expect(finding).toEqual({ what: expect.any(String), hint: expect.stringMatching(/./), blocks: false })
  })

  it('reads well', () => {
    const { code, stdout } = doctor(['--quiet'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/✔ node +v\d+/)
    expect(stdout).toMatch(/✔ cpu/)
    expect(stdout).toContain('The pipeline can run here.')
  })

  it('exits with 1 and says what to do where ffmpeg does not run', () => {
    const { code, stdout, stderr } = doctor(['--json', '--quiet'], { FFMPEG_PATH: join('no', 'such', 'ffmpeg') })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, ffmpeg: { path: null, version: null, encoders: [] } })
    expect(stderr).toMatch(
      /^dfk: the pipeline cannot run here: expected FFMPEG_PATH to name a working ffmpeg.*\n {2}hint: .*FFMPEG_PATH.*\n$/,
    )
  })

  it("uses npm's ffmpeg where the system has none, and says that it is old", () => {
    const { code, stdout } = doctor(['--json', '--quiet'], { PATH: '' })
    const result = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(result.ffmpeg.source).toBe('npm')
    expect(result.findings.some(({ what }: { what: string }) => what.includes('from npm'))).toBe(true)
  })
})
