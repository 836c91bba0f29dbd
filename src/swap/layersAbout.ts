import type { MediaInfo } from '../media/index.ts'
import { frameFormat } from '../media/index.ts'
import { transferCurve } from '../picture/linear.ts'
import { outputTexts } from '../provenance/index.ts'
import { FRAMES_FILE, type LayersPlan } from './layers.ts'

/** What the numbers of the plates mean. */
function colourOf({ format }: LayersPlan, info: MediaInfo): object {
  const { matrix, primaries, transfer } = info.colour
  const { kr, kb } = frameFormat(info, 'yuv444p')
  const tags = { matrix: matrix ?? 'not tagged', kr, kb, primaries: primaries ?? 'not tagged', transfer: transfer ?? 'not tagged' }
  switch (format) {
    case 'prores':
      return { samples: "Y'CbCr 4:4:4, 10 bit; alpha 10 bit", range: 'tv', light: 'display-referred, as the footage', ...tags }
    case 'png':
      return { samples: "R'G'B'A, 16 bit", range: 'pc', light: 'display-referred, as the footage', ...tags }
    case 'exr':
      return { samples: 'RGBA, half float', range: '0–1 and beyond', light: 'linear', curve: transferCurve(transfer).name, ...tags }
    default:
      return format satisfies never
  }
}

function recombining({ format, alpha }: LayersPlan): string {
  if (format === 'exr') {
    const divide = alpha === 'premultiplied' ? 'divide the colours by alpha, ' : ''
    return `${divide}undo the curve, lay over the footage in its own signal: the merged clip; over footage in linear light by the same curve, soft borders come out a little lighter`
  }
  return alpha === 'premultiplied'
    ? "divide by alpha and lay over the footage, or lay over with premultiplied alpha in R'G'B': the merged clip"
    : 'lay over the footage: the merged clip'
}

/** What `layers.json` says of the plates. `frames`: number of the first, from 1, how many, and when the first is shown. */
export function aboutLayers(layers: {
  readonly plan: LayersPlan
  readonly info: MediaInfo
  readonly frames: { readonly first: number; readonly count: number; readonly startS: number }
  readonly outputId: string
  readonly provider: string | undefined
}): object {
  const { plan, info, frames, outputId, provider } = layers
  const { coded, fps } = info
  return {
    schema: 1,
    format: plan.format,
    files: plan.format === 'prores' ? 'plates.mov' : `frame_%06d.${plan.format}`,
    alpha: plan.alpha,
    size: { width: coded.width, height: coded.height, pixelAspect: [coded.sar.num, coded.sar.den] },
    fps: [fps.num, fps.den],
    frames,
    colour: colourOf(plan, info),
    alignment: FRAMES_FILE,
    recombining: `${recombining(plan)}; see docs/compositing.md`,
    outputId,
    marks: outputTexts(outputId, provider),
    watermark: 'in the luma of the face, as in the merged clip; the merged clip has it beside the face too',
  }
}
