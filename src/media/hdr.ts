/** Brightness that HDR footage was graded for, in the units of SMPTE ST 2086 (x265's spelling) and CTA-861.3. */
export interface HdrLevels {
  /** `G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)`: 0.00002 and 0.0001 cd/m² a unit. */
  readonly display?: string | undefined
  /** Brightest pixel and brightest frame average, in cd/m². */
  readonly light?: readonly [number, number] | undefined
}

/** One entry of ffprobe's `side_data_list`, of a stream or of a frame. */
type SideData = Readonly<Record<string, unknown>>

/** A ratio such as `34000/50000` in whole units of `1/perOne`; undefined where it is none. */
function units(ratio: unknown, perOne: number): number | undefined {
  const match = /^(\d+)\/(\d+)$/.exec(String(ratio))
  const value = match === null ? Number.NaN : Math.round((Number(match[1]) * perOne) / Number(match[2]))
  return Number.isFinite(value) ? value : undefined
}

/** Spelt as x265 reads it; undefined where primaries or luminance are not told. */
function displayOf(data: SideData): string | undefined {
  const at = (name: string) => [units(data[`${name}_x`], 50_000), units(data[`${name}_y`], 50_000)]
  const luminance = [units(data['max_luminance'], 10_000), units(data['min_luminance'], 10_000)]
  const points = { G: at('green'), B: at('blue'), R: at('red'), WP: at('white_point'), L: luminance }
  if (Object.values(points).flat().includes(undefined)) return undefined
  return Object.entries(points)
    .map(([name, pair]) => `${name}(${pair.join(',')})`)
    .join('')
}

function lightOf({ max_content: brightest, max_average: average }: SideData): readonly [number, number] | undefined {
  if (typeof brightest !== 'number' || typeof average !== 'number') return undefined
  // Zero means that nobody measured.
  return brightest === 0 && average === 0 ? undefined : [brightest, average]
}

/** What side data say of the display and the light that footage was graded for; undefined where they say nothing. */
export function hdrLevelsOf(sideData: readonly SideData[] = []): HdrLevels | undefined {
  const of = (type: string) => sideData.find((data) => data['side_data_type'] === type)
  const mastering = of('Mastering display metadata')
  const content = of('Content light level metadata')
  const display = mastering && displayOf(mastering)
  const light = content && lightOf(content)
  return display === undefined && light === undefined ? undefined : { ...(display && { display }), ...(light && { light }) }
}

const DYNAMIC: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/HDR10\+|SMPTE2094-40/, 'HDR10+'],
  [/DOVI|Dolby Vision/, 'Dolby Vision'],
  [/CUVA/, 'HDR Vivid'],
]

/** What of brightness side data say anew from frame to frame, by its usual names; undefined where they say nothing. */
export function dynamicHdrOf(sideData: readonly SideData[] = []): readonly string[] | undefined {
  const types = sideData.map((data) => String(data['side_data_type']))
  const names = DYNAMIC.flatMap(([pattern, name]) => (types.some((type) => pattern.test(type)) ? [name] : []))
  return names.length === 0 ? undefined : names
}
