// Samples of video are a byte each (`wide` 0) or two, little-endian (`wide` 1).

/** Four samples as real numbers. */
// @ts-ignore: decorator
@inline
export function load4(at: usize, wide: i32): v128 {
  const pairs = wide ? v128.load64_zero(at) : i16x8.extend_low_i8x16_u(v128.load32_zero(at))
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(pairs))
}

/** Writes four real numbers, 0 and more, cut to whole ones. */
// @ts-ignore: decorator
@inline
export function store4(at: usize, values: v128, wide: i32): void {
  const whole = i32x4.trunc_sat_f32x4_s(values)
  const pairs = i16x8.narrow_i32x4_u(whole, whole)
  if (wide) v128.store64_lane(at, pairs, 0)
  else v128.store32_lane(at, i8x16.narrow_i16x8_u(pairs, pairs), 0)
}

/** `old` moved by `amount` towards `wanted`, rounded when cut, 0 to `most`. */
// @ts-ignore: decorator
@inline
export function moved(old: v128, wanted: v128, amount: v128, most: v128): v128 {
  const value = f32x4.add(old, f32x4.mul(amount, f32x4.sub(wanted, old)))
  return f32x4.add(f32x4.pmin(most, f32x4.pmax(f32x4.splat(0), value)), f32x4.splat(0.5))
}
