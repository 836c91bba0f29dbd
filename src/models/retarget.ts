/** Landmarks of the face mesh. */
export const MESH_POINTS = 468

/**
 * What lets a rendered face move as far as the face whose place it takes: networks draw what is usual, and so fall short of each nod and each smile, by how much is
 * linear to a good part. Coordinates are x and y in parts of the aligned picture's side; learned by train/retargeting.ts.
 */
export interface Retargeting {
  /** Mean landmarks of the followed face [468, 2]. */
  readonly mean: Float32Array
  /** Directions in which its landmarks move together [k, 468, 2], of length 1 each. */
  readonly modes: Float32Array
  /** How far it goes along each, standard deviations [k]: beyond three of them nothing was learned. */
  readonly spread: Float32Array
  /** Mean landmarks of the rendered face [468, 2]. */
  readonly places: Float32Array
  /** How far these are to be moved on for each unit of each direction [k, 468, 2]. */
  readonly moves: Float32Array
  /** And at rest [468, 2]. */
  readonly rest: Float32Array
  /** Mean landmarks of the rendered face as they are found once it is so moved [468, 2]; undefined in runs of versions that did not look again. */
  readonly moved: Float32Array | undefined
}

/** Cells on a side of a field of displacements: two of them tell an upper from a lower lid. */
export const FIELD_CELLS = 32
/** A landmark's move reaches so far, standard deviation in parts of the side: about from a nostril to the nose's tip; and, of what a single face lacks, half as far. */
const REACH = 0.03
const REACH_AGAIN = 0.016
/** Landmarks farther away than so many deviations of their reach are left out: they weigh a three-thousandth. */
const MOST_REACHES = 4
/** Where landmarks weigh together less than this at `REACH`, as outside of the face, moves die away. */
const LEAST_WEIGHT = 0.3
/** What was learned holds so many standard deviations about the mean. */
const MOST_SPREADS = 3
/** No point is moved farther than this by what is foreseen, in parts of the side: whatever asks for more is no expression. */
const MOST_MOVE = 0.04
/** No point is moved farther than this, in parts of the side, by what is found lacking in a single face: more is a wrong look. */
const MOST_LEFT = 0.02

/** From a followed face's landmarks [468, 2] to a field of displacements [32, 32, 2], both in parts of the side. */
export type Displacements = (points: Float32Array) => Float32Array

/**
 * The displacements that a rendered face wants, from the followed face's landmarks ([468, 2], as `alignedPoints` gives them): [32, 32, 2], x and y in parts of the side, at the
 * middles of the cells.
 */
export function displacementsOf(retargeting: Retargeting): Displacements {
  const { mean, modes, spread } = retargeting
  const weights = weightsOf(retargeting.places, REACH)
  const moves = [...inParts(retargeting.moves), retargeting.rest].map((each) => spreadOver(each, weights))
  return (points) => {
    const field = moves.at(-1)!.slice()
    for (const [k, deviation] of spread.entries()) {
      let along = 0
      const mode = modes.subarray(k * mean.length, (k + 1) * mean.length)
      for (let i = 0; i < mean.length; i += 1) along += mode[i]! * (points[i]! - mean[i]!)
      const most = MOST_SPREADS * deviation
      const kept = Math.max(-most, Math.min(most, along))
      const move = moves[k]!
      for (let i = 0; i < field.length; i += 1) field[i]! += kept * move[i]!
    }
    return field.map((value) => Math.max(-MOST_MOVE, Math.min(MOST_MOVE, value)))
  }
}

/**
 * The displacements that a face wants beyond those of `displacementsOf`, once it was moved by them and looked at again: [32, 32, 2], as there. `followed` and `seen`: the followed face's
 * landmarks and those found in the moved one, [468, 2] each; what both lack on average is no error but two people's difference. Undefined where no mean is known.
 */
export function leftoverOf({
  mean,
  places,
  moved,
}: Retargeting): ((followed: Float32Array, seen: Float32Array) => Float32Array) | undefined {
  if (moved === undefined) return undefined
  const weights = weightsOf(places, REACH_AGAIN)
  return (followed, seen) => {
    const lacking = followed.map((value, i) => value - mean[i]! - (seen[i]! - moved[i]!))
    return spreadOver(lacking, weights).map((value) => Math.max(-MOST_LEFT, Math.min(MOST_LEFT, value)))
  }
}

/** Displacements and what is left of them, so much of both (`share`, 0–1). */
export function withLeftover(field: Float32Array, left: Float32Array | undefined, share = 1): Float32Array {
  return field.map((value, i) => share * (value + (left?.[i] ?? 0)))
}

function inParts(all: Float32Array): Float32Array[] {
  const length = 2 * MESH_POINTS
  return Array.from({ length: all.length / length }, (_, k) => all.subarray(k * length, (k + 1) * length))
}

/** What the landmarks have to say of each cell: the nearer one lies, the more. */
interface Weights {
  /** Where each cell's landmarks begin in the next two [1025]. */
  readonly from: Uint32Array
  /** Numbers of landmarks, and how much each has to say, 0–1. */
  readonly points: Uint16Array
  readonly weights: Float64Array
  /** Where they weigh together less than this, moves die away. */
  readonly least: number
}

function weightsOf(places: Float32Array, reach: number): Weights {
  const from = new Uint32Array(FIELD_CELLS * FIELD_CELLS + 1)
  const [points, weights]: [number[], number[]] = [[], []]
  for (let cell = 0; cell < FIELD_CELLS * FIELD_CELLS; cell += 1) {
    const x = ((cell % FIELD_CELLS) + 0.5) / FIELD_CELLS
    const y = (Math.floor(cell / FIELD_CELLS) + 0.5) / FIELD_CELLS
    for (let i = 0; i < MESH_POINTS; i += 1) {
      const square = (places[2 * i]! - x) ** 2 + (places[2 * i + 1]! - y) ** 2
      if (square > (MOST_REACHES * reach) ** 2) continue
      points.push(i)
      weights.push(Math.exp(-square / (2 * reach * reach)))
    }
    from[cell + 1] = points.length
  }
  // Within a smaller reach lie fewer landmarks.
  return { from, points: Uint16Array.from(points), weights: Float64Array.from(weights), least: LEAST_WEIGHT * (reach / REACH) ** 2 }
}

/** Moves of landmarks as moves of a field's cells: weighted means. */
function spreadOver(moves: Float32Array, { from, points, weights, least }: Weights): Float32Array {
  const field = new Float32Array(2 * FIELD_CELLS * FIELD_CELLS)
  for (let cell = 0; cell < FIELD_CELLS * FIELD_CELLS; cell += 1) {
    let [total, across, down] = [least, 0, 0]
    for (let at = from[cell]!; at < from[cell + 1]!; at += 1) {
      const [i, weight] = [points[at]!, weights[at]!]
      total += weight
      across += weight * moves[2 * i]!
      down += weight * moves[2 * i + 1]!
    }
    field[2 * cell] = across / total
    field[2 * cell + 1] = down / total
  }
  return field
}
