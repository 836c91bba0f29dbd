// Makes models/base-<preset>.safetensors of what train.py left: `npx tsx scripts/base/export.ts <base.safetensors> <preset>`; filters and matrices as bytes.
import { readFileSync, renameSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fitsBase } from '../../src/models/base.ts'
import { PRESET_NAMES, PRESETS } from '../../src/models/presets.ts'
import { packBytes } from '../../src/store/bytes.ts'
import { decodeSafetensors, writeSafetensors } from '../../src/store/safetensors.ts'

const MOST_BYTES = 25e6

const [file, presetName] = process.argv.slice(2)
const preset = PRESET_NAMES.find((name) => name === presetName)
if (file === undefined || preset === undefined)
  throw new Error(`expected: scripts/base/export.ts <base.safetensors> <${PRESET_NAMES.join('|')}>`)
const { tensors, metadata } = decodeSafetensors(readFileSync(file), file)
if (!fitsBase(tensors, PRESETS[preset].generator))
  throw new Error(`expected weights of the preset ${preset} in ${file} but they are of another shape`)
const out = fileURLToPath(new URL(`../../models/base-${preset}.safetensors`, import.meta.url))
await writeSafetensors(`${out}.part`, packBytes(tensors), metadata)
const { size } = statSync(`${out}.part`)
if (size > MOST_BYTES) throw new Error(`expected at most ${MOST_BYTES / 1e6} MB but ${out}.part has ${size / 1e6}`)
renameSync(`${out}.part`, out)
console.error(`${out}: ${(size / 1e6).toFixed(1)} MB, step ${metadata['step']}`)
