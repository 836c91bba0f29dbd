import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchFolder } from '../support/data.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')

/** File, what it imports, whether the linter must refuse it. */
const CASES: readonly (readonly [file: string, imported: string, refused: boolean])[] = [
  ['src/tensor/a.ts', '../faces/index.ts', true],
  ['src/tensor/kernels/a.ts', '../../picture/warp.ts', true],
  ['src/tensor/kernels/b.ts', '../graph.ts', false],
  ['src/tensor/b.ts', '../work/errors.ts', false],
  ['src/models/a.ts', '../faces/index.ts', true],
  ['src/models/b.ts', '../tensor/index.ts', false],
  ['src/faces/a.ts', '../media/index.ts', true],
  ['src/faces/b.ts', '../swap/swap.ts', true],
  ['src/faces/c.ts', '../tensor/index.ts', false],
  ['src/faces/d.ts', '../screening/screen.ts', true],
  ['src/screening/a.ts', '../consent/index.ts', true],
  ['src/screening/b.ts', '../media/index.ts', false],
  ['src/swap/e.ts', '../screening/screen.ts', false],
  ['src/report/a.ts', '../score/summary.ts', true],
  ['src/media/a.ts', '../faces/index.ts', true],
  ['src/media/b.ts', 'fluent-ffmpeg', false],
  ['src/consent/a.ts', '../provenance/index.ts', true],
  ['src/swap/a.ts', '../train/train.ts', true],
  ['src/swap/b.ts', '../commands/swap.ts', true],
  ['src/swap/c.ts', 'fluent-ffmpeg', true],
  ['src/swap/d.ts', '../store/generator.ts', false],
  ['src/swap/farm/a.ts', '../../commands/swap.ts', true],
  ['src/swap/farm/b.ts', '../session.ts', false],
  ['src/detect/a.ts', '../cli/program.ts', true],
  ['src/commands/a.ts', '../cli/program.ts', true],
  ['src/commands/b.ts', '../swap/swap.ts', false],
  ['src/cli/a.ts', '../commands/swap.ts', false],
  ['src/work/a.ts', '../picture/picture.ts', true],
  ['src/picture/a.ts', '../tensor/index.ts', true],
  ['test/a.ts', 'fluent-ffmpeg', true],
]

let folder: string
let refused: Set<string>

beforeAll(async () => {
  folder = scratchFolder('lint')
  const { vcs: _, $schema: __, ...config } = JSON.parse(await readFile(join(root, 'biome.json'), 'utf8'))
  await writeFile(join(folder, 'biome.json'), JSON.stringify(config))
  for (const [index, [file, imported]] of CASES.entries()) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    // Both ways of importing, so that none slips through as the dynamic one.
    const text =
      index % 2 === 0 ? `import { x } from '${imported}'\n\nexport const y = x\n` : `export const y = await import('${imported}')\n`
    await writeFile(join(folder, file), text)
  }
  const args = [biome, 'lint', '--reporter=github', '--max-diagnostics=200', '.']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch((failed: { stdout: string }) => failed)
  const files = Array.from(stdout.matchAll(/noRestrictedImports,file=([^,]+),/g), (match) => match[1]!)
  refused = new Set(files.map((file) => relative(folder, resolve(folder, file)).replaceAll('\\', '/')))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the linter keeps imports pointing one way', () => {
  it.each(CASES)('%s importing %s: refused is %s', (file, _, expected) => {
    expect(refused.has(file)).toBe(expected)
  })
})
