import { z } from 'zod'
import { dynamicHdrOf, type HdrLevels, hdrLevelsOf } from './hdr.ts'
import { LOCAL_ONLY } from './limits.ts'
import { chromaLocationOf } from './streams.ts'

/** What the first frames of a clip say of it that its container and headers did not. */
interface FirstFrames {
  /** Which field is shown first; undefined where no frame is interlaced. */
  readonly fieldOrder?: 'tt' | 'bb' | undefined
  readonly chromaLocation?: string | undefined
  readonly hdr?: HdrLevels | undefined
  /** Names of metadata that change from frame to frame, such as `HDR10+`. */
  readonly dynamicHdr?: readonly string[] | undefined
}

/** Codecs whose frames have no fields, or whose fields decoders give as frames: a container that says nothing of them need not be doubted. */
const FIELDLESS = /^(?:hevc|vvc|vp[89]|av1|mpeg1video|theora|gif|a?png|webp|jpegxl|bmp|tiff|qtrle)$/

/**
 * Whether frames must be decoded to know the order of the fields: where nothing is said of it, and where fields are: of H.264 whose lower field
 * comes first ffprobe says that the upper does, and Matroska and MOV name either order in two ways.
 */
export function hasUntoldFields(codec: string, stated: string | undefined): boolean {
  return stated === undefined || stated === 'unknown' ? !FIELDLESS.test(codec) : stated !== 'progressive'
}

/** Arguments that make ffprobe decode a few frames and describe them as JSON. */
export function frameArguments(url: string): string[] {
  return ['-v', 'error', ...LOCAL_ONLY, '-of', 'json', '-select_streams', 'V:0', '-read_intervals', '%+#8', '-show_frames', url]
}

const schema = z.looseObject({
  frames: z
    .array(
      z.looseObject({
        interlaced_frame: z.number().default(0),
        top_field_first: z.number().default(0),
        chroma_location: z.string().optional(),
        side_data_list: z.array(z.looseObject({})).default([]),
      }),
    )
    .default([]),
})

/** Reads ffprobe's account of the first frames. */
export function parseFirstFrames(text: string): FirstFrames {
  const { frames } = schema.parse(JSON.parse(text))
  const interlaced = frames.find((frame) => frame.interlaced_frame === 1)
  const sideData = frames.flatMap((frame) => frame.side_data_list)
  return {
    fieldOrder: interlaced && (interlaced.top_field_first === 1 ? 'tt' : 'bb'),
    chromaLocation: chromaLocationOf(frames[0]?.chroma_location),
    hdr: hdrLevelsOf(sideData),
    dynamicHdr: dynamicHdrOf(sideData),
  }
}
