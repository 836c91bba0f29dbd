import type { Picture } from '../../picture/picture.ts'
import { CODED_BITS } from './code.ts'
import { PUBLIC_KEY } from './embed.ts'
import { foldedTile, type Pose } from './fold.ts'
import { type Lattice, latticeFor, unitAtMost, unitFor } from './lattice.ts'
import { decodePayload } from './payload.ts'
import { lumaPlane, type Plane, whitened } from './plane.ts'
import { likelyPoses } from './search.ts'
import { ORIENTATIONS, type Orientation, type Reading, readSpectrum, spectrumOf, UPRIGHT } from './spectrum.ts'

/** A mark is there for certain where the pilots agree by this much: by chance they do in fewer than one file of a million (64 readings of 16,384 origins). */
const CERTAIN = 7.2
/** Below this nothing is worth decoding; unmarked pictures reach 4 to 5. */
const WORTH_DECODING = 4.6
/** Poses that are read; how far the spectrum of one must stand out to be read in all orientations, and its pilots agree to be worth making exact. */
const [POSES, STANDS_OUT, WORTH_REFINING] = [6, 3.9, 5]
/** How a pose is made exact: steps of scale (a share) and turn (radians), halved each round, to the eight poses around. */
const [SCALE_STEP, TURN_STEP, ROUNDS] = [0.002, 0.0022, 3]
const AROUND = [-1, 0, 1].flatMap((a) => [-1, 0, 1].map((b) => [a, b] as const)).filter(([a, b]) => a !== 0 || b !== 0)

export interface WatermarkFound {
  /** 16 hexadecimal digits; null where the mark is there but too worn to be read. */
  readonly id: string | null
  /** 1 where the id was read (its checksum fits), else how sure it is that there is a mark, above 0.999999. */
  readonly confidence: number
  /** How the picture was changed since it was marked: how much smaller the mark's waves are than they should be, and by how many degrees they are turned. */
  readonly scale: number
  readonly turnDegrees: number
}

/** Shorter sides than this show nothing. */
const SMALLEST_PX = 96
const AS_MADE: Pose = { scale: 1, turn: 0 }

interface Attempt extends Reading {
  readonly pose: Pose
  readonly orientation: Orientation
}

function attempt(plane: Plane, lattice: Lattice, pose: Pose, orientation: Orientation): Attempt {
  return { pose, orientation, ...readSpectrum(spectrumOf(foldedTile(plane, pose)), lattice, orientation) }
}

function better(a: Attempt, b: Attempt): Attempt {
  return b.agreement > a.agreement ? b : a
}

/** The best of the eight orientations in which a pose may have come about. */
function oriented(plane: Plane, lattice: Lattice, pose: Pose): Attempt {
  const spectrum = spectrumOf(foldedTile(plane, pose))
  return ORIENTATIONS.map((orientation) => ({ pose, orientation, ...readSpectrum(spectrum, lattice, orientation) })).reduce(better)
}

/** The best pose by its spectrum and then by its pilots; in all orientations where the spectrum speaks for it. */
function searched(plane: Plane, lattice: Lattice): Attempt {
  return likelyPoses(plane, lattice, POSES)
    .map((pose) => (pose.excess < STANDS_OUT ? attempt(plane, lattice, pose, UPRIGHT) : oriented(plane, lattice, pose)))
    .reduce(better)
}

/** Steps from a pose to better ones near it, in ever smaller steps. */
function refined(plane: Plane, lattice: Lattice, start: Attempt): Attempt {
  let best = start
  for (let round = 0; round < ROUNDS; round++) {
    const { scale, turn } = best.pose
    for (const [finer, further] of AROUND) {
      const pose = { scale: scale * (1 + (finer * SCALE_STEP) / 2 ** round), turn: turn + (further * TURN_STEP) / 2 ** round }
      best = better(best, attempt(plane, lattice, pose, best.orientation))
    }
  }
  return best
}

function decode({ agreement, votes, pose }: Attempt, key: string): WatermarkFound | undefined {
  const found = { scale: pose.scale, turnDegrees: (pose.turn * 180) / Math.PI }
  const id = agreement < WORTH_DECODING ? undefined : decodePayload(votes, key)
  if (id !== undefined) return { ...found, id, confidence: 1 }
  return agreement < CERTAIN ? undefined : { ...found, id: null, confidence: 0.999999 }
}

/** What each picture says of a mark, sampled `unit` pixels apart; none where they are too small. */
function planesOf(pictures: readonly Picture[], unit: number): Plane[] {
  return pictures.flatMap((picture) => {
    const luma = lumaPlane(picture, unit)
    return luma === undefined ? [] : [whitened(luma)]
  })
}

/** The mean of planes of one size. */
function meanOf(planes: readonly Plane[]): Plane {
  const first = planes[0]!
  if (planes.length === 1) return first
  const data = new Float32Array(first.data.length)
  for (const plane of planes) for (let i = 0; i < data.length; i++) data[i]! += plane.data[i]! / planes.length
  return { ...first, data }
}

/**
 * Frames read one by one and their votes added up: where the picture moves, codecs move the mark of one frame along into the next, so that each has an origin of its
 * own and their mean shows none.
 */
function together(planes: readonly Plane[], lattice: Lattice, { pose, orientation }: Attempt): Attempt {
  const each = planes.map((plane) => attempt(plane, lattice, pose, orientation))
  const votes = new Float32Array(CODED_BITS)
  for (const reading of each) for (let i = 0; i < votes.length; i++) votes[i]! += reading.agreement * reading.votes[i]!
  return { ...each.reduce(better), votes }
}

/** Reads planes of one clip in a pose: by their mean, else by their votes together. */
function readAll(planes: readonly Plane[], mean: Attempt, lattice: Lattice, key: string): WatermarkFound | undefined {
  const found = decode(mean, key)
  if (found?.id != null || planes.length < 2) return found
  const added = together(planes, lattice, mean)
  const again = decode(added, key)
  return again?.id != null ? again : (found ?? again)
}

/**
 * Reads the id out of pictures of one clip, all of one size, whether or not they were resized, cropped, turned by up to 5 degrees or by right angles, or mirrored since.
 * A few frames are enough at x264 CRF 35 in 720p. An unmarked picture is taken for marked with a probability below 1e-6.
 */
export function readWatermark(pictures: Iterable<Picture>, key: string = PUBLIC_KEY): WatermarkFound | undefined {
  const all = [...pictures]
  const [first] = all
  if (first === undefined || Math.min(first.width, first.height) < SMALLEST_PX) return undefined
  const same = all.filter(({ width, height }) => width === first.width && height === first.height)
  // A small picture may have been marked as it is, or be a large one made small.
  const units = [...new Set([unitFor(first.width, first.height), unitAtMost(first.width, first.height)])]
  const seen = units.map((unit) => planesOf(same, unit)).filter((planes) => planes.length > 0)
  const lattice = latticeFor(key)
  let certain: WatermarkFound | undefined
  for (const planes of seen) {
    const found = readAll(planes, oriented(meanOf(planes), lattice, AS_MADE), lattice, key)
    if (found?.id != null) return found
    certain ??= found
  }
  for (const planes of seen) {
    // Of one frame: the lattice needs no more, and what moves only blurs it.
    const best = searched(planes[0]!, lattice)
    if (best.agreement < WORTH_REFINING) continue
    const exact = refined(planes[0]!, lattice, best)
    const found = readAll(planes, exact, lattice, key)
    if (found?.id != null) return found
    certain ??= found
  }
  return certain
}
