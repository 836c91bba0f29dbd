import type { Pose } from '../faces/index.ts'
import { MESH_POINTS, type Retargeting } from '../models/retarget.ts'
import { joinFloats } from '../work/floats.ts'
import { depthAt, turnOf } from './depth.ts'

/** A face that was followed, and the face that was rendered of it, as they were found in the aligned picture. */
export interface FollowedPair {
  /** Landmarks [468, 2], x and y in parts of the side. */
  readonly followed: Float32Array
  readonly rendered: Float32Array
  readonly followedPose: Pose
  readonly renderedPose: Pose
}

/** So many directions are looked at, and so many faces for each. */
const MOST_MODES = 10
const FACES_A_MODE = 6
/** Of fewer faces nothing is learned. */
const FEWEST = 4 * FACES_A_MODE
/** Variance of a direction that counts as much as what landmarks shake by: half a thousandth of the side in each of them. */
const NOISE = 0.0005 ** 2 * 2 * MESH_POINTS
/** Landmarks follow a moved picture by about half: networks that look for them expect what is usual as well. Twice the lack would be asked for, and is too much for the rest of it. */
const GAIN = 1.5
const ROUNDS = 40

/**
 * Learns how a renderer falls short of the faces that it follows: by least squares, along the directions in which these move most (principal components). Undefined with fewer than
 * 24 faces.
 */
export function learnRetargeting(pairs: readonly FollowedPair[]): Retargeting | undefined {
  const count = pairs.length
  if (count < FEWEST) return undefined
  const k = Math.min(MOST_MODES, Math.floor(count / FACES_A_MODE))
  const [mean, places] = [meanOf(pairs.map(({ followed }) => followed)), meanOf(pairs.map(({ rendered }) => rendered))]
  const followed = pairs.map((pair) => pair.followed.map((value, i) => value - mean[i]!))
  const rendered = pairs.map((pair) => pair.rendered.map((value, i) => value - places[i]!))
  const scores = principalScores(followed, k)
  const found = scores.flatMap((along) => {
    const mode = combined(followed, along)
    const moved = combined(rendered, along)
    const length = Math.sqrt(dot(mode, mode))
    if (length === 0) return []
    const deviation = length / Math.sqrt(count)
    const trust = deviation ** 2 / (deviation ** 2 + NOISE)
    return [
      {
        deviation,
        mode: mode.map((value) => value / length),
        move: mode.map((value, i) => (GAIN * trust * (value - moved[i]!)) / length),
      },
    ]
  })
  return {
    mean,
    places,
    modes: joinFloats(found.map(({ mode }) => mode)),
    spread: Float32Array.from(found, ({ deviation }) => deviation),
    moves: joinFloats(found.map(({ move }) => move)),
    rest: turnedBack(pairs, places),
    moved: undefined,
  }
}

/** The same with what is usual of its faces once they are moved: `pairs` has what was found then. */
export function lookedAgain(retargeting: Retargeting, pairs: readonly FollowedPair[]): Retargeting {
  if (pairs.length < FEWEST) return retargeting
  // Of the same faces on both sides, should some not have been found again.
  const [followed, seen] = [meanOf(pairs.map((pair) => pair.followed)), meanOf(pairs.map((pair) => pair.rendered))]
  return { ...retargeting, moved: seen.map((value, i) => value - followed[i]! + retargeting.mean[i]!) }
}

/** How far the landmarks of the head at rest are to be moved for it to be turned as the followed one is, on average. `turnOf` reckons already with what networks make of a turn. */
function turnedBack(pairs: readonly FollowedPair[], places: Float32Array): Float32Array {
  const lack = (of: 'yaw' | 'pitch') =>
    pairs.reduce((sum, { followedPose, renderedPose }) => sum + followedPose[of] - renderedPose[of], 0) / pairs.length
  const turn = turnOf(lack('yaw'), lack('pitch'))
  return places.map((_, i) => (i % 2 === 0 ? turn.x : turn.y) * depthAt(places[i - (i % 2)]!, places[i - (i % 2) + 1]!))
}

function meanOf(all: readonly Float32Array[]): Float32Array {
  return combined(
    all,
    Float64Array.from(all, () => 1 / all.length),
  )
}

/** Σ weight · vector. */
function combined(vectors: readonly Float32Array[], weights: Float64Array): Float32Array {
  const sums = new Float64Array(vectors[0]!.length)
  for (const [n, vector] of vectors.entries()) {
    const weight = weights[n]!
    for (let i = 0; i < sums.length; i += 1) sums[i]! += weight * vector[i]!
  }
  return Float32Array.from(sums)
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!
  return sum
}

/** How far each of the (centred) vectors lies along their first `k` principal components, scaled to length 1 over all: eigenvectors of the matrix of their products, by simultaneous iteration. */
function principalScores(vectors: readonly Float32Array[], k: number): Float64Array[] {
  const products = vectors.map((a) => Float64Array.from(vectors, (b) => dot(a, b)))
  // Any start will do that is not blind to one of them; a fixed one, so that the same faces give the same bits.
  let basis: Float64Array[] = Array.from({ length: k }, (_, j) => Float64Array.from(vectors, (_each, n) => Math.sin((j + 1) * (n + 1))))
  for (let round = 0; round < ROUNDS; round += 1) {
    basis = orthonormal(basis.map((along) => Float64Array.from(products, (row) => dot(row, along))))
  }
  return basis
}

/** Gram and Schmidt's way, modified. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const out: Float64Array[] = []
  for (const vector of vectors) {
    const rest = vector.slice()
    for (const earlier of out) {
      const along = dot(rest, earlier)
      for (let i = 0; i < rest.length; i += 1) rest[i]! -= along * earlier[i]!
    }
    const length = Math.sqrt(dot(rest, rest)) || 1
    out.push(rest.map((value) => value / length))
  }
  return out
}
