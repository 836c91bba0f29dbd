import { overlap } from '../picture/boxes.ts'
import type { JudgedFace } from './result.ts'

/** Faces nearer to each other than this, in time and with boxes that overlap this much, are the same one seen again, s and 0–1. */
const SAME_S = 0.5
const SAME_PLACE = 0.3

/** Whether two faces are one face at one moment: neighbouring frames of a clip show hardly anything else. */
function isBeside(a: JudgedFace, b: JudgedFace): boolean {
  return Math.abs(a.timeS - b.timeS) < SAME_S && overlap(a.box, b.box) > SAME_PLACE
}

/** The highest faces, `most` of them, highest first: of neighbouring frames one. */
export function highestApart(faces: readonly JudgedFace[], most: number): JudgedFace[] {
  const found: JudgedFace[] = []
  for (const face of [...faces].sort((a, b) => b.logit - a.logit)) {
    if (found.length === most) break
    if (!found.some((other) => isBeside(face, other))) found.push(face)
  }
  return found
}
