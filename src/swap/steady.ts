import type { Landmarks } from '../faces/index.ts'

/** Cut-off at rest, Hz: below it movement of the points is taken for noise. */
const REST_HZ = 1.5
/** How fast the cut-off rises with speed, Hz per (face height / s): a moving face is followed at once. */
const SPEED_GAIN = 60
/** Cut-off for the speed estimate, Hz. */
const SPEED_HZ = 2
const FOREHEAD = 10
const CHIN = 152

function share(cutoffHz: number, elapsedS: number): number {
  const tau = 1 / (2 * Math.PI * cutoffHz)
  return 1 / (1 + tau / elapsedS)
}

/** Steadies landmarks of one face from frame to frame without lagging behind movement: the One-Euro filter (Casiez et al. 2012) on each coordinate. */
export class Steadier {
  #value: Float32Array | undefined
  #speed = new Float32Array(0)
  #timeS = 0

  /** Landmarks of the next frame, shown at `timeS`; the first call returns them as they are. */
  next(landmarks: Landmarks, timeS: number): Landmarks {
    const { mesh } = landmarks
    const old = this.#value
    const elapsedS = timeS - this.#timeS
    this.#timeS = timeS
    if (old === undefined || elapsedS <= 0 || elapsedS > 0.5) {
      this.#value = mesh
      this.#speed = new Float32Array(mesh.length)
      return landmarks
    }
    const size = Math.hypot(mesh[FOREHEAD * 3]! - mesh[CHIN * 3]!, mesh[FOREHEAD * 3 + 1]! - mesh[CHIN * 3 + 1]!)
    const speedShare = share(SPEED_HZ, elapsedS)
    const steady = new Float32Array(mesh.length)
    for (let i = 0; i < mesh.length; i += 1) {
      const raw = (mesh[i]! - old[i]!) / elapsedS
      this.#speed[i]! += speedShare * (raw - this.#speed[i]!)
      const cutoffHz = REST_HZ + (SPEED_GAIN * Math.abs(this.#speed[i]!)) / Math.max(size, 1)
      steady[i] = old[i]! + share(cutoffHz, elapsedS) * (mesh[i]! - old[i]!)
    }
    this.#value = steady
    return { ...landmarks, mesh: steady }
  }
}
