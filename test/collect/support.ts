import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { draftConsent } from '../../src/consent/draft.ts'
import { makeKeyPair } from '../../src/consent/keys.ts'
import { signConsent } from '../../src/consent/signed.ts'
import { trustKey } from '../../src/consent/trust.ts'
import { findFfmpeg } from '../../src/media/index.ts'

const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts dfk in a home of its own. */
export function startDfk(home: string, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, DFK_HOME: home } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => {
    stdout += data
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr })) }
}

/** Runs dfk to its end. */
export function dfk(home: string, ...args: string[]): Promise<Ended> {
  return startDfk(home, ...args).ended
}

const KEY = makeKeyPair()

/** Trusts the key of `saveConsent` in a home. */
export async function trustTests(home: string): Promise<void> {
  await trustKey(home, new Date(), { publicKey: KEY.publicKey, name: 'tests' })
}

/** A signed record of a person with these descriptors, valid for a year around today, saved in the home. */
export function saveConsent(
  home: string,
  subject: string,
  references: readonly (readonly number[])[],
  days: readonly [number, number] = [-1, 365],
): string {
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
  const draft = draftConsent({
    kind: 'subject',
    subject,
    status: 'adult',
    controller: 'tests',
    description: 'A test of collecting and aligning on excerpts of the sample footage',
    project: 'tests',
    grants: ['collect', 'train'],
    footage: [],
    media: [],
    territory: [],
    prohibited: [],
    from: day(days[0]),
    until: day(days[1]),
    threshold: 0.52,
    references: references.map((reference) => [...reference]),
    disclosure: { visibleLabel: true, c2pa: true, watermark: true },
    now: new Date(),
  })
  const path = join(home, `${subject}.json`)
  writeFileSync(path, JSON.stringify(signConsent(draft, createPrivateKey(KEY.privatePem), new Date())))
  return path
}

/** Cuts frames out of a clip, every frame an intra frame; exact. */
export async function excerpt(from: string, to: string, first: number, count: number): Promise<string> {
  const { path: ffmpeg } = await findFfmpeg()
  const select = `select='between(n,${first},${first + count - 1})',setpts=N/25/TB`
  execFileSync(ffmpeg, [
    '-v',
    'error',
    '-y',
    '-i',
    from,
    '-vf',
    select,
    '-frames:v',
    String(count),
    '-r',
    '25',
    '-an',
    '-c:v',
    'mjpeg',
    '-q:v',
    '2',
    '-pix_fmt',
    'yuvj444p',
    to,
  ])
  return to
}
