/** Memory that can go to another thread as it is: that of arrays that have one to themselves. What all threads share needs not go. */
export function movable(arrays: readonly (Uint8Array | Float32Array)[]): ArrayBuffer[] {
  const own = arrays.filter(({ buffer, byteLength }) => buffer instanceof ArrayBuffer && byteLength === buffer.byteLength)
  return [...new Set(own.map(({ buffer }) => buffer as ArrayBuffer))]
}
