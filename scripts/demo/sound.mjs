// A sound track for the demo's footage, which has none: to show that dfk swap keeps sound.
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'

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
export async function addSound(silent, spoken) {
  const { findFfmpeg, probeMedia } = await import('../../dist/media/index.js')
  const { durationS } = await probeMedia(silent)
  const track = `${spoken}.wav`
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
