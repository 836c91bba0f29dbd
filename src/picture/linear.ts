import { hlgScene, pqLight } from './hdr.ts'

/** Light of reference white in HDR, cd/m² (ITU-R BT.2408), which is 1 in linear light. */
const WHITE = 203

/** A curve between a signal and light, and what it is called. */
export interface TransferCurve {
  readonly name: string
  toLight(signal: number): number
}

/** ITU-R BT.709's camera curve, undone; BT.601 and BT.2020 have the same. */
function bt709Light(signal: number): number {
  return signal < 0.081 ? signal / 4.5 : ((signal + 0.099) / 1.099) ** (1 / 0.45)
}

/** IEC 61966-2-1. */
function srgbLight(signal: number): number {
  return signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4
}

/** A curve for negative signals too: they mirror the positive ones. */
function mirrored(curve: (signal: number) => number): (signal: number) => number {
  return (signal) => (signal < 0 ? -curve(-signal) : curve(signal))
}

/** From the signal of footage with this transfer tag (ffmpeg's names) to linear light, as compositing programs read it: scene light of BT.709 where nothing else is said. */
export function transferCurve(transfer: string | undefined): TransferCurve {
  switch (transfer) {
    case 'iec61966-2-1':
      return { name: 'sRGB (IEC 61966-2-1)', toLight: mirrored(srgbLight) }
    case 'bt470m':
      return { name: 'gamma 2.2', toLight: mirrored((signal) => signal ** 2.2) }
    case 'bt470bg':
      return { name: 'gamma 2.8', toLight: mirrored((signal) => signal ** 2.8) }
    case 'linear':
      return { name: 'linear', toLight: (signal) => signal }
    case 'smpte2084':
      return { name: `PQ (SMPTE ST 2084), 1 is ${WHITE} cd/m²`, toLight: (signal) => pqLight(Math.max(0, Math.min(1, signal))) / WHITE }
    case 'arib-std-b67':
      return { name: 'HLG (ITU-R BT.2100), scene light', toLight: (signal) => hlgScene(Math.max(0, Math.min(1, signal))) }
    default:
      return { name: 'ITU-R BT.709 camera curve, undone (scene light)', toLight: mirrored(bt709Light) }
  }
}
