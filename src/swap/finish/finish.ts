import { followLuma, lumaIn, type Plate, plateOf } from '../../picture/plate.ts'
import type { YuvPicture } from '../../picture/yuv.ts'
import { drawLayer, layerOf, layPatch } from '../../picture/yuvDraw.ts'
import { embedWatermark, type Label, labelLayer } from '../../provenance/index.ts'
import { enlargeFace, type FittedFace } from '../fitted.ts'
import { frameMatrix } from '../frameMatrix.ts'

/** What is still to be done to a frame once its faces are rendered. */
export interface Finishing {
  readonly faces: readonly FittedFace[]
  /** The visible label. */
  readonly label: Label | undefined
  /** Id that the watermark carries. */
  readonly outputId: string | undefined
  /** Whether what is laid over the footage is wanted by itself too. */
  readonly wantsPlate: boolean
}

/**
 * Lays the faces over a frame, then what an altered frame must carry: the label, and the watermark in the pixels. In place; frames without either stay as they are.
 * Returns what was laid over the footage, mark included, where that is wanted and there is any.
 */
export function finishFrame(picture: YuvPicture, { faces: fitted, label, outputId, wantsPlate }: Finishing): Plate | undefined {
  const { format } = picture
  const faces = fitted.map(enlargeFace)
  const { width, height } = format
  const own = label === undefined ? [] : [labelLayer(width, height, label)]
  for (const face of faces) layPatch(picture, face, frameMatrix(face.matrix, format))
  for (const layer of own) drawLayer(picture, layer)
  if (faces.length === 0 && label === undefined) return undefined
  const drawn = () =>
    faces.map((face) => layerOf(face, frameMatrix(face.matrix, format), width, height)).filter((layer) => layer !== undefined)
  const plate = wantsPlate ? plateOf([...drawn(), ...own], format) : undefined
  const before = plate && lumaIn(picture, plate.box)
  if (outputId !== undefined) embedWatermark(picture, outputId)
  if (plate !== undefined && before !== undefined) followLuma(plate, picture, before)
  return plate
}
