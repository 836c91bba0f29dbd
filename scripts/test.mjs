// `npm test`: from a fresh clone, installs and builds what the tests need, fetches the sample footage and runs them.
import { join } from 'node:path'
import { node, root } from './npm.mjs'
import { fetchSamples } from './samples.mjs'
import { setUp } from './setup.mjs'

setUp()
fetchSamples()
node([join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)])
