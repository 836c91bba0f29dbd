// Makes models/base-<preset>.safetensors of what train.ts left: `npx tsx scripts/base/export.ts <folder> <preset>`; the average, as float16.
import { readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fitsBase } from '../../src/models/base.ts'
import { PRESET_NAMES, PRESETS } from '../../src/models/presets.ts'
import { pick } from '../../src/models/state.ts'
import { decodeSafetensors, writeSafetensors } from '../../src/store/safetensors.ts'

const MOST_BYTES = 25e6

const [folder, presetName] = process.argv.slice(2)
const preset = PRESET_NAMES.find((name) => name === presetName)
if (folder === undefined || preset === undefined) throw new Error(`expected: scripts/base/export.ts <folder> <${PRESET_NAMES.join('|')}>`)
const { tensors, metadata } = decodeSafetensors(readFileSync(join(folder, 'base.safetensors')), folder)
const base = { ...pick(tensors, 'average'), 'style.mean': tensors['mean']! }
if (!fitsBase(base, PRESETS[preset].generator))
  throw new Error(`expected weights of the preset ${preset} in ${folder} but they are of another shape`)
const out = fileURLToPath(new URL(`../../models/base-${preset}.safetensors`, import.meta.url))
await writeSafetensors(`${out}.part`, base, { step: metadata['step'] ?? '' }, { half: true })
const { size } = statSync(`${out}.part`)
if (size > MOST_BYTES) throw new Error(`expected at most ${MOST_BYTES / 1e6} MB but ${out}.part has ${size / 1e6}`)
renameSync(`${out}.part`, out)
console.error(`${out}: ${(size / 1e6).toFixed(1)} MB, step ${metadata['step']}`)
