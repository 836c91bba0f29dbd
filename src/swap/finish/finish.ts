import type { YuvPicture } from '../../picture/yuv.ts'
import { drawLayer, layerOf } from '../../picture/yuvDraw.ts'
import { embedWatermark, labelLayer } from '../../provenance/index.ts'
import type { FittedFace } from '../face.ts'
import { frameMatrix } from '../frameMatrix.ts'

/** What is still to be done to a frame once its faces are rendered. */
export interface Finishing {
  readonly faces: readonly FittedFace[]
  /** Text of the visible label. */
  readonly label: string | undefined
  /** Id that the watermark carries. */
  readonly outputId: string | undefined
}

/** Lays the faces over a frame, then what an altered frame must carry: the label, and the watermark in the pixels. In place; frames without either stay as they are. */
export function finishFrame(picture: YuvPicture, { faces, label, outputId }: Finishing): void {
  const { format } = picture
  for (const face of faces) {
    const layer = layerOf(face, frameMatrix(face.matrix, format), format.width, format.height)
    if (layer !== undefined) drawLayer(picture, layer)
  }
  if (label !== undefined) drawLayer(picture, labelLayer(format.width, format.height, label))
  if (outputId !== undefined && (faces.length > 0 || label !== undefined)) embedWatermark(picture, outputId)
}
