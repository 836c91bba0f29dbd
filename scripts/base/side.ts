/** Side of the stored faces, px. */
export const SIDE = 192
