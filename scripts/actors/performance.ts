import type { Pose } from './body.ts'

/** Numbers in 0–1 by a seed (mulberry32, public domain, Ettinger 2017). */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A curve through a new random value in −1 to 1 every `everyS`, smooth between them. */
function wander(next: () => number, lengthS: number, everyS: number): (s: number) => number {
  const values = Array.from({ length: Math.ceil(lengthS / everyS) + 3 }, () => 2 * next() - 1)
  return (s) => {
    const at = s / everyS
    const i = Math.floor(at)
    const t = at - i
    const ease = t * t * (3 - 2 * t)
    return values[i]! * (1 - ease) + values[i + 1]! * ease
  }
}

/** A value that steps to a new one at once, as eyes do. */
function jump(next: () => number, lengthS: number, everyS: number): (s: number) => number {
  const values = Array.from({ length: Math.ceil(lengthS / everyS) + 2 }, () => 2 * next() - 1)
  return (s) => {
    const at = s / everyS
    const i = Math.floor(at)
    const ease = Math.min(1, ((at - i) * everyS) / 0.08)
    return (values[i - 1] ?? 0) * (1 - ease) + values[i]! * ease
  }
}

const SPEAKS_S = 4

/** What somebody does for so long: talks in phrases, turns and nods, smiles, frowns, looks about and blinks. The same for the same seed. */
export function perform(seed: number, lengthS: number): (timeS: number) => Pose {
  const next = random(seed)
  const slow = () => wander(next, lengthS, 2.3)
  const [yaw, pitch, roll, smile, brows, squint] = [slow(), slow(), slow(), slow(), slow(), slow()]
  const [nod, sway, tilt] = [wander(next, lengthS, 0.5), wander(next, lengthS, 0.7), wander(next, lengthS, 0.6)]
  const [open, round, wide, press] = [
    wander(next, lengthS, 0.13),
    wander(next, lengthS, 0.21),
    wander(next, lengthS, 0.19),
    wander(next, lengthS, 0.23),
  ]
  const phrases = wander(next, lengthS, SPEAKS_S / 2)
  const [lookAcross, lookUp] = [jump(next, lengthS, 1.1), jump(next, lengthS, 1.1)]
  const blinks: number[] = []
  for (let s = 1; s < lengthS; s += 1.5 + 4 * next()) blinks.push(s)
  const lid = (s: number) => Math.max(0, ...blinks.map((at) => 1 - Math.abs(s - at) / 0.13))
  return (s) => {
    const speaks = Math.min(1, Math.max(0, phrases(s) * 2.5 + 0.9))
    const smiles = Math.max(0, smile(s))
    const closed = Math.min(1, 1.6 * lid(s))
    const looks: [number, number] = [11 * lookAcross(s), 6 * lookUp(s)]
    const lids = Math.min(1, Math.max(closed, -0.05 - 0.015 * looks[1] + 0.2 * Math.max(0, squint(s)) + 0.1 * smiles))
    const frowns = Math.max(0, -brows(s))
    const lifts = Math.max(0, brows(s))
    const sides = (name: string, weight: number) => ({ [name.replace('*', 'left')]: weight, [name.replace('*', 'right')]: weight })
    const unit = 'expression/units/caucasian'
    return {
      yaw: 26 * yaw(s) + 2 * sway(s),
      pitch: 11 * pitch(s) + 2.5 * speaks * nod(s),
      roll: 6 * roll(s) + 1 * tilt(s),
      gaze: looks,
      expression: {
        [`${unit}/mouth-open`]: speaks * Math.max(0, 0.2 + 0.45 * open(s)),
        [`${unit}/mouth-pursing`]: speaks * 0.4 * Math.max(0, round(s)),
        [`${unit}/mouth-retraction`]: speaks * 0.3 * Math.max(0, wide(s)),
        [`${unit}/mouth-compression`]: speaks * 0.5 * Math.max(0, press(s) - 0.2),
        [`${unit}/mouth-corner-puller`]: 0.7 * smiles,
        ...sides(`${unit}/eye-*-closure`, lids),
        ...sides(`${unit}/eyebrows-*-up`, 0.8 * lifts),
        ...sides(`${unit}/eyebrows-*-down`, 0.7 * frowns),
      },
    }
  }
}
