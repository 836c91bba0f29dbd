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
}

/** Cells on a side of a field of displacements. */
export const FIELD_CELLS = 16
/** A landmark's move reaches so far, standard deviation in parts of the side: about from a nostril to the nose's tip. */
const REACH = 0.03
/** Where landmarks weigh together less than this, as outside of the face, moves die away. */
const LEAST_WEIGHT = 0.3
/** What was learned holds so many standard deviations about the mean. */
const MOST_SPREADS = 3
/** No point is moved farther than this, in parts of the side: whatever asks for more is no expression. */
const MOST_MOVE = 0.04

/**
 * The displacements that a rendered face wants, from the followed face's landmarks ([468, 2], as `alignedPoints` gives them): [16, 16, 2], x and y in parts of the side, at the
 * middles of the cells. `share`, 0–1: so much of them.
 */
export function displacementsOf(retargeting: Retargeting): (points: Float32Array, share: number) => Float32Array {
  const { mean, modes, spread } = retargeting
  const weights = weightsOf(retargeting.places)
  const moves = [...inParts(retargeting.moves), retargeting.rest].map((each) => spreadOver(each, weights))
  return (points, share) => {
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
    return field.map((value) => share * Math.max(-MOST_MOVE, Math.min(MOST_MOVE, value)))
  }
}

function inParts(all: Float32Array): Float32Array[] {
  const length = 2 * MESH_POINTS
  return Array.from({ length: all.length / length }, (_, k) => all.subarray(k * length, (k + 1) * length))
}

/** How much each landmark has to say of each cell [256, 468]: the nearer it lies. */
function weightsOf(places: Float32Array): Float64Array {
  const weights = new Float64Array(FIELD_CELLS * FIELD_CELLS * MESH_POINTS)
  for (let cell = 0; cell < FIELD_CELLS * FIELD_CELLS; cell += 1) {
    const x = ((cell % FIELD_CELLS) + 0.5) / FIELD_CELLS
    const y = (Math.floor(cell / FIELD_CELLS) + 0.5) / FIELD_CELLS
    for (let i = 0; i < MESH_POINTS; i += 1) {
      const square = (places[2 * i]! - x) ** 2 + (places[2 * i + 1]! - y) ** 2
      weights[cell * MESH_POINTS + i] = Math.exp(-square / (2 * REACH * REACH))
    }
  }
  return weights
}

/** Moves of landmarks as moves of a field's cells: weighted means. */
function spreadOver(moves: Float32Array, weights: Float64Array): Float32Array {
  const field = new Float32Array(2 * FIELD_CELLS * FIELD_CELLS)
  for (let cell = 0; cell < FIELD_CELLS * FIELD_CELLS; cell += 1) {
    let [total, across, down] = [LEAST_WEIGHT, 0, 0]
    for (let i = 0; i < MESH_POINTS; i += 1) {
      const weight = weights[cell * MESH_POINTS + i]!
      total += weight
      across += weight * moves[2 * i]!
      down += weight * moves[2 * i + 1]!
    }
    field[2 * cell] = across / total
    field[2 * cell + 1] = down / total
  }
  return field
}
