// Coordinates with 32 bits behind the point: they grow by a sum a step, and part into whole and rest without rounding.

/** A coordinate; beyond 2^31 the greatest there is. */
// @ts-ignore: decorator
@inline
export function fixed(value: f64): i64 {
  return <i64>nearest(value * 4294967296.0)
}

/** What a coordinate has behind the point. */
// @ts-ignore: decorator
@inline
export function rest(value: i64): f32 {
  return <f32>(<i32>(<u32>value >> 8)) * <f32>5.9604644775390625e-8
}
