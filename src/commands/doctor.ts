import { z } from 'zod'
import type { Checkup } from '../doctor/checkup.ts'
import { DfkError } from '../work/errors.ts'
import { defineCommand } from './command.ts'

const MARK = { good: '✔', bad: '✖', absent: '·' } as const

function line(mark: keyof typeof MARK, name: string, text: string): string {
  return `  ${MARK[mark]} ${name.padEnd(16)} ${text}`
}

function gib(bytes: number | null): string {
  return bytes === null ? 'unknown' : `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

function cudaLines({ nvidia }: Checkup): string[] {
  if (!nvidia.driver) return [line('absent', 'NVIDIA driver', 'none, so no cuda')]
  const found = (device: string) => nvidia.files.filter((file) => file.device === device)
  const devices = ['cuda', 'tensorflow'].filter((device) => found(device).length > 0)
  return devices.map((device) => {
    const missing = found(device).filter(({ path }) => path === null)
    const text = missing.length === 0 ? 'all there' : `missing ${missing.map(({ name }) => name).join(', ')}`
    return line(missing.length === 0 ? 'good' : 'absent', `${device} files`, text)
  })
}

function textOf(checkup: Checkup): string {
  const { node, platform, ffmpeg, ffprobe, devices, models, packages, disk, memory, findings } = checkup
  const missingModels = models.filter(({ found }) => !found)
  const program = ({ path, version, source }: Checkup['ffprobe']) => (path === null ? 'not found' : `${version} (${source}: ${path})`)
  const lines = [
    'What the pipeline needs',
    line(findings.some(({ blocks, what }) => blocks && what.startsWith('Node')) ? 'bad' : 'good', 'node', `${node} on ${platform}`),
    line(ffmpeg.path === null ? 'bad' : 'good', 'ffmpeg', program(ffmpeg)),
    line(ffprobe.path === null ? 'bad' : 'good', 'ffprobe', program(ffprobe)),
    line(ffmpeg.encoders.length === 0 ? 'bad' : 'good', 'encoders', ffmpeg.encoders.join(', ') || 'none'),
    ...(ffmpeg.failing.length === 0 ? [] : [line('absent', 'fail here', ffmpeg.failing.join(', '))]),
    line(
      missingModels.length === 0 ? 'good' : 'bad',
      'face networks',
      models.map(({ name, found }) => (found ? name : `${name} MISSING`)).join(', '),
    ),
    line(disk.writable ? 'good' : 'bad', 'disk', `${gib(disk.freeBytes)} free in ${disk.path}`),
    line('good', 'memory', `${gib(memory.totalBytes)}, ${gib(memory.freeBytes)} free`),
    '',
    'Devices that train and run networks',
    ...devices.map(({ name, available, reason }) => line(available ? 'good' : 'absent', name, reason)),
    '',
    'Optional',
    ...packages.map(({ name, version, usable, reason }) =>
      line(usable ? 'good' : 'absent', name.replace('@tensorflow/', ''), version === null ? reason : `${version}, ${reason}`),
    ),
    ...cudaLines(checkup),
  ]
  if (findings.length > 0)
    lines.push('', 'Hints', ...findings.map(({ what, hint, blocks }) => `  ${blocks ? MARK.bad : '-'} ${what}\n      ${hint}`))
  lines.push('', checkup.ok ? 'The pipeline can run here.' : 'The pipeline cannot run here yet.')
  return lines.join('\n')
}

/** `dfk doctor`: says what works on this machine and what is missing. */
export const doctor = defineCommand({
  name: 'doctor',
  summary: 'say what works here and what is missing',
  args: [],
  options: z.object({}),
  writes: false,
  example: 'dfk doctor',
  async run(context) {
    const { checkUp } = await import('../doctor/checkup.ts')
    const checkup = await context.work('looking around', () => checkUp(context.home))
    context.result(checkup, textOf(checkup))
    if (checkup.ok) return
    const blocking = checkup.findings.filter(({ blocks }) => blocks)
    throw new DfkError(`the pipeline cannot run here: ${blocking.map(({ what }) => what).join('; ')}`, {
      hint: blocking.map(({ hint }) => hint).join('; '),
    })
  },
})
