import type { Box } from './picture.ts'

/** Shared area over joint area of two boxes, 0–1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (area(a) + area(b) - shared)
}

export function area({ width, height }: Box): number {
  return width * height
}

/** A box grown on each side by `share` of its longer side. */
export function grown({ x, y, width, height }: Box, share: number): Box {
  const by = share * Math.max(width, height)
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by }
}
