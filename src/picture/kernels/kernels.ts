/** The compiled loops over pixels: scripts/kernels says what each does. Pointers and strides are in bytes. */
export interface Kernels {
  strengths(...numbers: StrengthsArguments): void
  addPattern(...numbers: PatternArguments): void
  setCodes(...numbers: CodesArguments): void
  setPlanes(...numbers: PlanesArguments): void
  drawLayer(amounts: number, rgb: number): void
  samplePatch(...numbers: [...PatchArguments, x: number, y: number, width: number, height: number, amounts: number, out: number]): void
  drawPatch(...numbers: [...PatchArguments, line: number]): void
  setColours(black: number, light: number, middle: number, red: number, greenU: number, greenV: number, blue: number): void
  rgbPart(...numbers: RgbPartArguments): void
  warp(...numbers: WarpArguments): void
  resize(...numbers: ResizeArguments): void
  enlarge(from: number, sizePx: number, channels: number, factor: number, first: number, weights: number, middle: number, out: number): void
  displace(from: number, sizePx: number, channels: number, factor: number, field: number, cells: number, out: number): void
  blur(plane: number, other: number, width: number, height: number, radius: number): void
  bleed(rgb: number, mask: number, size: number, radius: number, work: number): void
  border(rgb: number, target: number, inside: number, visible: number, size: number, radius: number, most: number, work: number): void
  difference(...numbers: DifferenceArguments): void
  clamp(data: number, count: number): void
  shape(mask: number, hull: number, size: number, slack: number, rim: number, passes: number, radius: number, work: number): void
  crispness(rgb: number, weights: number, size: number, fineRadius: number, coarseRadius: number, work: number): number
  sharpen(rgb: number, size: number, radius: number, more: number, work: number): void
  toLab(rgb: number, count: number, table: number): void
  fromLab(lab: number, count: number, table: number): void
  sums(data: number, weights: number, count: number, out: number): void
  turn(data: number, count: number, matrix: number, from: number, to: number): void
  toReal(from: number, count: number, divisor: number, out: number): void
  erode(plane: number, other: number, stride: number, width: number, height: number, passes: number): void
}

type DifferenceArguments = [
  seen: number,
  own: number,
  inside: number,
  slack: number,
  size: number,
  robust: number,
  fits: number,
  radius: number,
  work: number,
  out: number,
]

type StrengthsArguments = [
  plane: number,
  stride: number,
  wide: number,
  scale: number,
  black: number,
  columns: number,
  rows: number,
  cell: number,
  least: number,
  slope: number,
  most: number,
  out: number,
]

type PatternArguments = [
  plane: number,
  stride: number,
  wide: number,
  width: number,
  height: number,
  pattern: number,
  grid: number,
  columns: number,
  rows: number,
  cell: number,
  unit: number,
  most: number,
  above: number,
  below: number,
]

type CodesArguments = [
  kr: number,
  kg: number,
  kb: number,
  black: number,
  luma: number,
  middle: number,
  blueScale: number,
  redScale: number,
  most: number,
  wide: number,
]

type PlanesArguments = [
  width: number,
  height: number,
  chromaX: number,
  chromaY: number,
  x: number,
  y: number,
  boxWidth: number,
  boxHeight: number,
  luma: number,
  blue: number,
  red: number,
  work: number,
]

type PatchArguments = [
  rgb: number,
  sizePx: number,
  mask: number,
  maskPx: number,
  a: number,
  b: number,
  tx: number,
  c: number,
  d: number,
  ty: number,
]

type RgbPartArguments = [
  luma: number,
  stride: number,
  lines: number,
  blues: number,
  reds: number,
  chromaTop: number,
  chromaWidth: number,
  chromaHeight: number,
  chromaX: number,
  chromaY: number,
  x: number,
  y: number,
  step: number,
  width: number,
  height: number,
  wide: number,
  table: number,
  work: number,
  out: number,
]

type WarpArguments = [
  from: number,
  fromWidth: number,
  fromHeight: number,
  channels: number,
  a: number,
  b: number,
  tx: number,
  c: number,
  d: number,
  ty: number,
  samples: number,
  width: number,
  height: number,
  replicate: number,
  out: number,
]

type ResizeArguments = [
  from: number,
  fromWidth: number,
  fromHeight: number,
  channels: number,
  width: number,
  height: number,
  acrossFirst: number,
  acrossWeights: number,
  acrossCount: number,
  downFirst: number,
  downWeights: number,
  downCount: number,
  middle: number,
  out: number,
]
