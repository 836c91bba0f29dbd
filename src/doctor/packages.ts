import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** An optional npm package. */
export interface OptionalPackage {
  readonly name: string
  readonly version: string | null
  readonly usable: boolean
  readonly reason: string
  readonly hint?: string
}

const require = createRequire(import.meta.url)

function packageFolder(name: string): string | undefined {
  return require.resolve
    .paths(name)
    ?.map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, 'package.json')))
}

function hasBinding(folder: string): boolean {
  const lib = join(folder, 'lib')
  return existsSync(lib) && readdirSync(lib).some((abi) => existsSync(join(lib, abi, 'tfjs_binding.node')))
}

function tensorflow(name: string): OptionalPackage {
  const folder = packageFolder(name)
  if (folder === undefined) {
    const reason = 'not installed: npm skips it where its download fails'
    return { name, version: null, usable: false, reason, hint: `only for the tensorflow device: npm install ${name}` }
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  if (!hasBinding(folder)) {
    const reason = 'installed without its native binding (tfjs_binding.node)'
    return { name, version, usable: false, reason, hint: `npm rebuild ${name} --build-from-source, with network` }
  }
  return { name, version, usable: true, reason: `installed in ${folder}` }
}

/** What `--queue` needs. */
function plain(name: string): OptionalPackage {
  const folder = packageFolder(name)
  if (folder === undefined) {
    const hint = 'only for dfk swap --queue and dfk worker: npm install bullmq ioredis'
    return { name, version: null, usable: false, reason: 'not installed', hint }
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  return { name, version, usable: true, reason: `installed in ${folder}` }
}

/** Looks at the optional packages without loading them: a broken native binding can end the process. */
export function checkPackages(): OptionalPackage[] {
  const gpu = tensorflow('@tensorflow/tfjs-node-gpu')
  const cpu = tensorflow('@tensorflow/tfjs-node')
  // tfjs-node is what people without a GPU may have put in its place; nobody needs to hear that it is absent.
  const queues = ['bullmq', 'ioredis'].map(plain)
  return cpu.version === null ? [gpu, ...queues] : [gpu, cpu, ...queues]
}
