// Makes a checkout ready to run: packages as package-lock.json says, and dist/ as new as src/. Does nothing when both are.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { node, npm, root } from './npm.mjs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 10)) {
  console.error(`dfk needs Node 20.10 or later but found ${process.version}: install a newer Node and run the same command again`)
  process.exit(1)
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(path.slice(root.length)).update(readFileSync(path))
  return hash.digest('hex')
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** Runs `make` unless the stamp says that it already ran for this content and `result` is there. */
function once(stamp, wanted, result, make) {
  if (existsSync(result) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  make()
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(stamp, wanted)
}

/** What a lock file says of each package. */
function packagesIn(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {}
}

/** Whether the packages of package-lock.json are installed in `folder`, by whatever command: npm writes down what it did. Optional ones may be absent. */
export function isInstalled(folder) {
  const there = packagesIn(join(folder, 'node_modules', '.package-lock.json'))
  const wanted = Object.entries(packagesIn(join(folder, 'package-lock.json'))).filter(([path]) => path !== '')
  const isThere = ([path, { version }]) => there[path]?.version === version && existsSync(join(folder, path, 'package.json'))
  return wanted.every((each) => each[1].optional || each[1].devOptional || isThere(each))
}

export function setUp() {
  mkdirSync(join(root, '.cache'), { recursive: true })
  if (!isInstalled(root)) {
    console.error('installing packages …')
    npm(['ci', '--no-fund', '--no-audit', '--loglevel=error'], { stdio: ['ignore', 2, 2] })
  }
  const dist = join(root, 'dist')
  const inputs = [...filesUnder(join(root, 'src')), join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json')]
  once(join(root, '.cache', 'built'), hashOf(inputs), join(dist, 'cli', 'main.js'), () => {
    console.error('building …')
    rmSync(dist, { recursive: true, force: true })
    node([join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'], { stdio: ['ignore', 2, 2] })
  })
}
