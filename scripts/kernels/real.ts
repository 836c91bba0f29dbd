// Planes of real numbers, as they are read and written one by one: sums and products run in double precision, as they would in JavaScript.
import { blur } from './plane'

// @ts-ignore: decorator
@inline
export function at(numbers: usize, i: i32): f64 {
  return <f64>load<f32>(numbers + 4 * i)
}

// @ts-ignore: decorator
@inline
export function put(numbers: usize, i: i32, value: f64): void {
  store<f32>(numbers + 4 * i, <f32>value)
}

/** Blurs a plane in place; with `radius` 0 it stays. */
export function soften(plane: usize, other: usize, size: i32, radius: i32): void {
  if (radius > 0) blur(plane, other, size, size, radius)
}
