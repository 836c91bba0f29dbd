/** Flags of `dfk train` for a network that starts, trains and is saved in a fraction of the time that quick takes. */
export const SMALL_NETWORK = [
  ...['--from-scratch', '--size', '32', '--encoder', '4,6,8,8', '--decoder', '8,8,6,4', '--code', '8', '--inner', '8'],
  // Its recogniser is far larger than these networks.
  ...['--gan-base', '4', '--gan-depth', '2', '--losses', 'identity=0'],
]
