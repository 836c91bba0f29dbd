import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { decodeFrames, findFfmpeg, writePicture } from '../../src/media/index.ts'
import type { Random } from '../../src/models/random.ts'
import { resizePicture } from '../../src/picture/resize.ts'
import { sampleVideo } from '../support/data.ts'

/** Sides so short that nobody looks for a watermark, which would take most of the time; the face is large enough to be judged. */
const [WIDTH, HEIGHT] = [116, 92]
const STILLS = ['jpg', 'png', 'webp']
/** ffmpeg's options by extension. */
const CLIPS: Readonly<Record<string, readonly string[]>> = {
  gif: [],
  mp4: ['-c:v', 'libx264', '-g', '4', '-pix_fmt', 'yuv420p'],
  mkv: ['-c:v', 'libx264', '-g', '4', '-pix_fmt', 'yuv420p'],
  webm: ['-c:v', 'libvpx', '-b:v', '200k'],
  mpg: ['-c:v', 'mpeg1video', '-r', '25'],
}

interface Seed {
  readonly extension: string
  readonly bytes: Buffer
}

/** A small whole file of every kind, with a face in it. */
export async function writeSeeds(folder: string): Promise<Seed[]> {
  const { path: ffmpeg } = await findFfmpeg()
  const paths: string[] = []
  for await (const { picture } of decodeFrames(sampleVideo('franck.mp4'), { maxFrames: 1 })) {
    for (const extension of STILLS) {
      paths.push(join(folder, `seed.${extension}`))
      await writePicture(paths.at(-1)!, resizePicture(picture, WIDTH, HEIGHT))
    }
  }
  for (const [extension, options] of Object.entries(CLIPS)) {
    paths.push(join(folder, `seed.${extension}`))
    const input = ['-i', sampleVideo('franck.mp4'), '-frames:v', '4', '-an', '-vf', `scale=${WIDTH}:${HEIGHT}`]
    execFileSync(ffmpeg, ['-v', 'error', '-y', ...input, ...options, paths.at(-1)!], { stdio: ['ignore', 'ignore', 'pipe'] })
  }
  return paths.map((path) => ({ extension: extname(path).slice(1), bytes: readFileSync(path) }))
}

type Mutation = (bytes: Buffer, other: Buffer, random: Random) => Buffer

/** A stretch inside of so many bytes. */
function stretch(length: number, most: number, random: Random): [from: number, to: number] {
  const from = random.below(Math.max(1, length))
  return [from, Math.min(length, from + 1 + random.below(most))]
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  flip: (bytes, _, random) => {
    const out = Buffer.from(bytes)
    for (let i = 2 ** random.below(8); i > 0; i -= 1) out[random.below(out.length)]! ^= 1 << random.below(8)
    return out
  },
  'flip in the head': (bytes, _, random) => {
    const out = Buffer.from(bytes)
    for (let i = 1 + random.below(8); i > 0; i -= 1) out[random.below(Math.min(200, out.length))]! ^= 1 << random.below(8)
    return out
  },
  truncate: (bytes, _, random) => bytes.subarray(0, 1 + random.below(bytes.length)),
  'swap the head': (bytes, other, random) => {
    const length = 1 + random.below(64)
    return Buffer.concat([other.subarray(0, length), bytes.subarray(length)])
  },
  splice: (bytes, other, random) => {
    const [from, to] = stretch(other.length, 4096, random)
    const at = random.below(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at + random.below(2) * (to - from))])
  },
  blank: (bytes, _, random) => {
    const [from, to] = stretch(bytes.length, 2048, random)
    return Buffer.from(bytes).fill(random.below(2) * 255, from, to)
  },
  // Sizes and counts are four bytes in most formats.
  number: (bytes, _, random) => {
    const out = Buffer.from(bytes)
    const value = [0, 0x7fffffff, 0xffffffff, 0x00ffffff, 65_536][random.below(5)]!
    out.writeUInt32BE(value, random.below(Math.max(1, Math.min(out.length, 1024) - 4)))
    return out
  },
}

/** A mutated file: where it was written, and of what and how it was made. */
export interface Mutant {
  readonly path: string
  readonly made: string
}

/** Writes the next mutant; the same for the same random state. */
export function writeMutant(folder: string, number: number, seeds: readonly Seed[], random: Random): Mutant {
  const seed = seeds[number % seeds.length]!
  const names = Object.keys(MUTATIONS)
  const name = names[random.below(names.length)]!
  const other = seeds[random.below(seeds.length)]!
  const path = join(folder, `${String(number).padStart(4, '0')}.${random.below(8) === 0 ? other.extension : seed.extension}`)
  writeFileSync(path, MUTATIONS[name]!(seed.bytes, other.bytes, random))
  return { path, made: `${number}: ${seed.extension}, ${name}, with ${other.extension}` }
}
