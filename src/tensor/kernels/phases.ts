import type { Window } from './windows.ts'

/** Along one axis: where the output pixels that an input pixel's phase saw it from lie, and through which taps, in order of their places. */
export interface Phase {
  readonly taps: readonly number[]
  /** Steps between the places. */
  readonly dilation: number
  /** Output pixel that the first tap reads for the phase's first input pixel; negative: so far outside. */
  readonly first: number
}

interface Axis {
  readonly size: number
  readonly taps: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
}

/**
 * The gradient of a strided window along one axis: input pixel i·stride + phase gathers from output pixels first + i, first + i + dilation, …
 * Returns undefined where the phases are not alike in size, or a phase sees nothing.
 */
function phasesOf({ size, taps, stride, dilation, before }: Axis): Phase[] | undefined {
  if (size % stride !== 0) return undefined
  const phases = Array.from({ length: stride }, (_, phase): Phase | undefined => {
    // Output o sees input phase through tap k where o·stride − before + k·dilation = phase.
    const seen = Array.from({ length: taps }, (_, tap) => ({ tap, from: (phase + before - tap * dilation) / stride }))
      .filter(({ from }) => Number.isInteger(from))
      .sort((a, b) => a.from - b.from)
    const [first, second] = seen
    if (first === undefined) return undefined
    return { taps: seen.map(({ tap }) => tap), dilation: second === undefined ? 1 : second.from - first.from, first: first.from }
  })
  return phases.every((phase) => phase !== undefined) ? phases : undefined
}

/** The phases of a window's gradient along both axes, or undefined where it does not fall into phases that are alike. */
export function windowPhases(w: Window): { readonly rows: readonly Phase[]; readonly columns: readonly Phase[] } | undefined {
  const rows = phasesOf({ size: w.inHeight, taps: w.tapRows, stride: w.strideY, dilation: w.dilationY, before: w.top })
  const columns = phasesOf({ size: w.inWidth, taps: w.tapColumns, stride: w.strideX, dilation: w.dilationX, before: w.left })
  return rows === undefined || columns === undefined ? undefined : { rows, columns }
}

/** Padding for a phase: `size` places from `first` on, read from `from` pixels; negative paddings are not ONNX's, so they are undefined. */
export function phasePads({ taps, dilation, first }: Phase, size: number, from: number): readonly [number, number] | undefined {
  const after = first + size - 1 + (taps.length - 1) * dilation - (from - 1)
  return first > 0 || after < 0 ? undefined : [-first, after]
}
