// Runs a benchmark of bench/: a table on stderr, JSON on stdout, and last on stdout the ratio to the peer where there is one.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './npm.mjs'
import { setUp } from './setup.mjs'

setUp()

const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs')
const { status } = spawnSync(process.execPath, [tsx, join(root, 'bench', 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = status ?? 1
