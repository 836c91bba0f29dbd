/** Codes of a lookup table from a signal, 0–1, to another. */
const STEPS = 4096
/** Light of reference white, cd/m² (ITU-R BT.2408). */
const WHITE = 203
/** Light that is brought to the standard range's white, in reference whites. */
const MOST = 1000 / WHITE
/** Exponent of the standard range's display (ITU-R BT.1886). */
const GAMMA = 2.4

/** PQ signal to cd/m² (SMPTE ST 2084). */
export function pqLight(signal: number): number {
  const p = signal ** (32 / 2523)
  return 10_000 * (Math.max(0, p - 3424 / 4096) / (2413 / 128 - (2392 / 128) * p)) ** (16384 / 2610)
}

/** HLG signal to scene light, 0–1 (ITU-R BT.2100). */
export function hlgScene(signal: number): number {
  const [a, b, c] = [0.17883277, 0.28466892, 0.55991073]
  return signal <= 0.5 ? signal ** 2 / 3 : (Math.exp((signal - c) / a) + b) / 12
}

/** HLG signal to cd/m² of a 1000 cd/m² display, channel by channel (ITU-R BT.2100). */
function hlgLight(signal: number): number {
  return 1000 * hlgScene(signal) ** 1.2
}

/** Both ways between an HDR signal and a standard one. */
export interface HdrCurves {
  /** From HDR, 0–1, to standard range, 0–1. */
  toStandard(signal: number): number
  toHdr(signal: number): number
}

function lookUp(table: Float32Array, value: number): number {
  const at = Math.max(0, Math.min(1, value)) * STEPS
  const i = Math.min(STEPS - 1, Math.floor(at))
  return table[i]! + (at - i) * (table[i + 1]! - table[i]!)
}

function inverseOf(table: Float32Array): Float32Array {
  const inverse = new Float32Array(STEPS + 1)
  let j = 0
  for (let i = 0; i <= STEPS; i += 1) {
    const wanted = i / STEPS
    while (j < STEPS - 1 && table[j + 1]! < wanted) j += 1
    const step = table[j + 1]! - table[j]!
    inverse[i] = (j + (step > 0 ? Math.max(0, Math.min(1, (wanted - table[j]!) / step)) : 0)) / STEPS
  }
  return inverse
}

const known = new Map<string, HdrCurves>()

/**
 * Curves between a HDR signal and one that the face networks know, channel by channel so that they can be undone: extended Reinhard (Reinhard et al. 2002),
 * 1000 cd/m² to white. `transfer`: `smpte2084` or `arib-std-b67`.
 */
export function hdrCurves(transfer: string): HdrCurves {
  const old = known.get(transfer)
  if (old !== undefined) return old
  const light = transfer === 'smpte2084' ? pqLight : hlgLight
  const down = Float32Array.from({ length: STEPS + 1 }, (_, i) => {
    const x = light(i / STEPS) / WHITE
    return Math.min(1, (x * (1 + x / MOST ** 2)) / (1 + x)) ** (1 / GAMMA)
  })
  const up = inverseOf(down)
  const curves = { toStandard: (value: number) => lookUp(down, value), toHdr: (value: number) => lookUp(up, value) }
  known.set(transfer, curves)
  return curves
}
