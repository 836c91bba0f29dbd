import { indexPackets, type MediaInfo } from '../media/index.ts'
import type { FrameIndex } from './segments.ts'

/** Where the frames of a clip are, read from its packets; undefined where packets do not tell the times. */
export async function indexFrames(info: MediaInfo, signal?: AbortSignal): Promise<FrameIndex | undefined> {
  const { timeBase, pts, keys, untimed } = await indexPackets(info, signal)
  if (untimed > 0 || pts.length === 0) return undefined
  const originS = info.details?.originS ?? 0
  const timesS = pts.map((ticks) => (ticks * timeBase.num) / timeBase.den - originS)
  return { timesS, keysS: Float64Array.from(keys, (at) => timesS[at]!) }
}
