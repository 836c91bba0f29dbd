// Trains the base weights of a preset: `npx tsx scripts/base/train.ts <folder from faces.ts> <out folder> [steps]`; goes on from what lies in the out folder.
// Leaves base.safetensors (float32: weights, moments, average) and preview.png there; scripts/base/export.ts makes models/base-quick.safetensors of it.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { descriptorFraming, RECOGNISER, RECOGNISER_INPUT_PX } from '../../src/faces/index.ts'
import { baseShapes } from '../../src/models/base.ts'
import { initialise } from '../../src/models/layers.ts'
import { adamRate } from '../../src/models/optimizer.ts'
import { PRESETS } from '../../src/models/presets.ts'
import { seedRandom } from '../../src/models/random.ts'
import { decodeSafetensors, writeSafetensors } from '../../src/store/safetensors.ts'
import { type HostTensors, openDevice, type tf } from '../../src/tensor/index.ts'
import { averageKeep } from '../../src/train/schedule.ts'
import { drawBatch, openFaces } from './batches.ts'
import { writeBasePreview } from './preview.ts'
import { baseSignature, baseStep } from './program.ts'

const [folder, out, stepsText = '7500'] = process.argv.slice(2)
if (folder === undefined || out === undefined)
  throw new Error('expected: scripts/base/train.ts <folder from faces.ts> <out folder> [steps]')
const STEPS = Number(stepsText)
const BATCH = 8
const RATE = 4e-4
/** Share of the steps before faces are drawn as other people too, and how many of a batch then are. */
const SWAPS_FROM = 0.35
const SWAPS = 4
const AVERAGE_FROM = 0.5
const STRENGTH = 0.4
const LOG_EVERY = 100
const SAVE_EVERY = 500
const SEED = 1

const { generator } = PRESETS.quick
const faces = openFaces(folder)
const device = await openDevice('cpu')
const signature = baseSignature(generator, BATCH)
const file = join(out, 'base.safetensors')
mkdirSync(out, { recursive: true })

function firstState(): HostTensors {
  const state: HostTensors = { mean: { data: faces.meanDescriptor, shape: [128] } }
  for (const [name, tensor] of Object.entries(initialise(baseShapes(generator), seedRandom(SEED)))) {
    // Styles begin without effect on anybody.
    if (name.startsWith('style.')) (tensor.data as Float32Array).fill(0)
    const zeros = () => ({ data: new Float32Array(tensor.data.length), shape: tensor.shape })
    Object.assign(state, {
      [`weights/${name}`]: tensor,
      [`first/${name}`]: zeros(),
      [`second/${name}`]: zeros(),
      [`average/${name}`]: tensor,
    })
  }
  return state
}

const before = existsSync(file) ? decodeSafetensors(readFileSync(file), file) : undefined
let step = before === undefined ? 0 : Number(before.metadata['step'])
let state = before === undefined ? firstState() : before.tensors

async function compile(swaps: boolean) {
  const describe = await RECOGNISER.load()
  const recogniser = {
    describe: (pictures: tf.Tensor4D) => describe({ pictures }, {}).outputs['descriptor'] as tf.Tensor2D,
    sizePx: RECOGNISER_INPUT_PX,
    framing: descriptorFraming(),
  }
  const program = await device.compile(baseStep(generator, SWAPS, swaps ? recogniser : undefined), signature, { name: 'base step' })
  await program.writeState(state)
  return program
}

const rateAt = (at: number) =>
  RATE * Math.min(1, (at + 1) / 200) * (0.01 + 0.99 * 0.5 * (1 + Math.cos((Math.PI * Math.max(0, at / STEPS - 0.4)) / 0.6)))
const averageSince = Math.round(AVERAGE_FROM * STEPS)
const inputsAt = (at: number): HostTensors => ({
  ...drawBatch(faces, generator.sizePx, BATCH, STRENGTH, seedRandom(SEED, 10 + at)),
  rate: { data: Float32Array.of(adamRate(rateAt(at), at + 1)), shape: [] },
  keep: { data: Float32Array.of(at < averageSince ? 0 : averageKeep(at - averageSince)), shape: [] },
})

let swaps = step >= SWAPS_FROM * STEPS
let program = await compile(swaps)
let inputs = inputsAt(step)
let sums: Record<string, number> = {}
let since = performance.now()
while (step < STEPS) {
  if (!swaps && step >= SWAPS_FROM * STEPS) {
    state = await program.readState()
    await program.dispose()
    swaps = true
    program = await compile(true)
  }
  const running = program.run(inputs)
  inputs = inputsAt(step + 1)
  for (const [name, { data }] of Object.entries(await running)) sums[name] = (sums[name] ?? 0) + data[0]!
  step += 1
  if (step % LOG_EVERY === 0) {
    const means = Object.entries(sums).map(([name, sum]) => `${name} ${(sum / LOG_EVERY).toFixed(4)}`)
    console.error(step, means.join(' '), `${((performance.now() - since) / LOG_EVERY).toFixed(0)} ms`)
    sums = {}
    since = performance.now()
  }
  if (step % SAVE_EVERY === 0 || step === STEPS) {
    state = await program.readState()
    await writeSafetensors(`${file}.part`, state, { step: String(step) })
    renameSync(`${file}.part`, file)
    if (step % (4 * SAVE_EVERY) === 0 || step === STEPS)
      writeFileSync(join(out, 'preview.png'), await writeBasePreview(device, generator, state, faces))
    since = performance.now()
  }
}
await program.dispose()
