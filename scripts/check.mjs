// `npm run check`: types, lint, dead code, package contents, tests; stops at the first that fails.
import { join } from 'node:path'
import { node, root } from './npm.mjs'
import { setUp } from './setup.mjs'

const bin = (...path) => join(root, 'node_modules', ...path)

function step(title, args) {
  console.error(`\n▸ ${title}`)
  node(args)
}

setUp()
step('types', [bin('typescript', 'bin', 'tsc'), '--noEmit'])
step('lint', [bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'])
step('dead code', [bin('knip', 'bin', 'knip.js')])
step('package', [bin('publint', 'src', 'cli.js'), '--strict'])
step('tests', [join(root, 'scripts', 'test.mjs')])
