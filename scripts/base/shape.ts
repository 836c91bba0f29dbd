// What train.py has to know of a preset: `npx tsx scripts/base/shape.ts <preset> > shape.json`: its generator, and where the recogniser looks in an aligned face.
import { descriptorFraming } from '../../src/faces/index.ts'
import { PRESET_NAMES, PRESETS } from '../../src/models/presets.ts'

const preset = PRESET_NAMES.find((name) => name === process.argv[2])
if (preset === undefined) throw new Error(`expected: scripts/base/shape.ts <${PRESET_NAMES.join('|')}>`)
console.log(JSON.stringify({ generator: PRESETS[preset].generator, framing: descriptorFraming() }))
