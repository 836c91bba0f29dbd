import type { GrayPicture } from '../picture/picture.ts'

/** Where a block of a frame was in the frame before, in pixels. */
interface Move {
  readonly x: number
  readonly y: number
  readonly dx: number
  readonly dy: number
}

const BLOCK = 24
const REACH = 8
/** A move must lessen the mean difference by this much a pixel of its length: without it, blocks follow noise. */
const COST_OF_MOVING = 0.1

function blockError(now: GrayPicture, before: GrayPicture, { x, y, dx, dy }: Move, most: number): number {
  let sum = 0
  for (let row = 0; row < BLOCK; row++) {
    const a = (y + row) * now.width + x
    const b = (y + row + dy) * before.width + x + dx
    for (let i = 0; i < BLOCK; i++) sum += Math.abs(now.data[a + i]! - before.data[b + i]!)
    if (sum >= most) return sum
  }
  return sum
}

/** Motion of each block (they overlap by half) inside the mask between two frames, by exhaustive search for the least absolute difference. */
export function blockFlow(now: GrayPicture, before: GrayPicture, mask: GrayPicture): Move[] {
  const moves: Move[] = []
  for (let y = REACH; y + BLOCK + REACH <= now.height; y += BLOCK / 2) {
    for (let x = REACH; x + BLOCK + REACH <= now.width; x += BLOCK / 2) {
      if (mask.data[(y + BLOCK / 2) * mask.width + x + BLOCK / 2] !== 255) continue
      let best: Move = { x, y, dx: 0, dy: 0 }
      let least = blockError(now, before, best, Number.POSITIVE_INFINITY)
      for (let dy = -REACH; dy <= REACH; dy++) {
        for (let dx = -REACH; dx <= REACH; dx++) {
          const move = { x, y, dx, dy }
          const cost = COST_OF_MOVING * Math.hypot(dx, dy) * BLOCK * BLOCK
          const error = cost + blockError(now, before, move, least - cost)
          if (error >= least) continue
          least = error
          best = move
        }
      }
      moves.push(best)
    }
  }
  return moves
}

/** Mean size of the gradient in the blocks of which the warping error is the mean, 0–255 a pixel: central differences, across and down added. 0 without moves. */
export function meanGradient({ data, width }: GrayPicture, moves: readonly Move[]): number {
  let sum = 0
  for (const { x, y } of moves) {
    for (let row = y; row < y + BLOCK; row++) {
      for (let i = row * width + x; i < row * width + x + BLOCK; i++)
        sum += (Math.abs(data[i + 1]! - data[i - 1]!) + Math.abs(data[i + width]! - data[i - width]!)) / 2
    }
  }
  return moves.length === 0 ? 0 : sum / (moves.length * BLOCK * BLOCK)
}

/** Mean absolute difference, 0–255, between a frame and the one before moved along `moves`; null without moves. */
export function warpingError(now: GrayPicture, before: GrayPicture, moves: readonly Move[]): number | null {
  const sum = moves.reduce((total, move) => total + blockError(now, before, move, Number.POSITIVE_INFINITY), 0)
  return moves.length === 0 ? null : sum / (moves.length * BLOCK * BLOCK)
}
