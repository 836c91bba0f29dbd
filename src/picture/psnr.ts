/** PSNR that stands for "no difference at all": infinity has no JSON. */
export const PERFECT_DB = 99

/** Peak signal-to-noise ratio of a mean squared error on the 0–255 scale, dB, at most PERFECT_DB. */
export function psnr(meanSquaredError: number): number {
  return meanSquaredError <= 0 ? PERFECT_DB : Math.min(PERFECT_DB, 10 * Math.log10(255 ** 2 / meanSquaredError))
}
