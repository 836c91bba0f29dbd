import type { ProgramFn, ProgramSource } from './types.ts'

/** The program itself, loaded where it has to be. */
export async function loadedProgram(source: ProgramSource): Promise<ProgramFn> {
  return typeof source === 'function' ? source : source.load()
}
