import { describe, expect, it } from 'vitest'
import { KERNELS } from '../../src/picture/kernels/module.ts'

interface Build {
  compileKernels(): Promise<Buffer>
}

const build = (await import(new URL('../../scripts/kernels/build.mjs', import.meta.url).href)) as Build
const hasCompiler = await import('assemblyscript/asc').then(
  () => true,
  () => false,
)

describe('kernels', () => {
  it.skipIf(!hasCompiler)('are what their sources compile to (skipped where the compiler is not installed)', async () => {
    expect((await build.compileKernels()).toString('base64') === KERNELS, 'run node scripts/kernels/build.mjs').toBe(true)
  })
})
