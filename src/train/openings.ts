/** Points in iBUG's order, from 0. */
type Points = ArrayLike<number>

function distance(points: Points, a: number, b: number): number {
  return Math.hypot(points[2 * a]! - points[2 * b]!, points[2 * a + 1]! - points[2 * b + 1]!)
}

function ratio(height: number, width: number): number {
  return width > 0 ? height / width : 0
}

/** How far a mouth is open: the height between the inner lips over their width, 0 where it is closed; `points` are 68 × (x, y) in any unit. */
export function mouthOpening(points: Points): number {
  return ratio(distance(points, 62, 66), distance(points, 60, 64))
}

/** How far the eyes are open: the height between the lids over the width, mean of both eyes; `points` are 68 × (x, y) in any unit. */
export function eyeOpening(points: Points): number {
  const right = ratio((distance(points, 37, 41) + distance(points, 38, 40)) / 2, distance(points, 36, 39))
  const left = ratio((distance(points, 43, 47) + distance(points, 44, 46)) / 2, distance(points, 42, 45))
  return (right + left) / 2
}
