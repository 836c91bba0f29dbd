/** The Laplacian (four neighbours) of a plane of this width at its sample `i`, which must not lie on the border. */
export function laplacianAt(plane: ArrayLike<number>, i: number, width: number): number {
  return 4 * plane[i]! - plane[i - 1]! - plane[i + 1]! - plane[i - width]! - plane[i + width]!
}
