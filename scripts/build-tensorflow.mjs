// Builds tfjs-node against the libtensorflow of PyPI's wheel, into .cache/tensorflow: for testing the `tensorflow` device where
// the package's own download cannot be had. Linux, with g++ and python3 (its pip fetches the wheel).
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { npm, root } from './npm.mjs'

const PACKAGE = '@tensorflow/tfjs-node@4.22.0'
const WHEEL = 'tensorflow-cpu==2.21.*'

const folder = join(root, '.cache', 'tensorflow')
const modules = join(folder, 'node_modules', '@tensorflow')
const binding = join(modules, 'tfjs-node', 'lib', 'napi-v8', 'tfjs_binding.node')

function run(command, args) {
  console.error(`${command} ${args.join(' ')}`)
  execFileSync(command, args, { cwd: folder, stdio: ['ignore', 2, 2] })
}

function fetchPackages() {
  mkdirSync(folder, { recursive: true })
  npm(['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-package-lock', PACKAGE])
  // One engine: everything but the native package comes from our own node_modules.
  for (const name of readdirSync(modules)) if (name !== 'tfjs-node') rmSync(join(modules, name), { recursive: true })
  run('python3', ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--dest', 'wheel', WHEEL])
  const wheel = readdirSync(join(folder, 'wheel')).find((name) => name.endsWith('.whl'))
  run('python3', ['-m', 'zipfile', '-e', join('wheel', wheel), 'unpacked'])
}

function compile() {
  const tensorflow = join(folder, 'unpacked', 'tensorflow')
  const source = join(modules, 'tfjs-node', 'binding')
  for (const name of ['libtensorflow_cc.so', 'libtensorflow_framework.so']) {
    const link = join(tensorflow, name)
    if (existsSync(`${link}.2`) && !existsSync(link)) symlinkSync(`${name}.2`, link)
  }
  mkdirSync(dirname(binding), { recursive: true })
  run('g++', [
    ...['-O2', '-shared', '-fPIC', '-std=c++17', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
    ...[`-I${join(dirname(dirname(process.execPath)), 'include', 'node')}`, `-I${join(tensorflow, 'include')}`],
    ...[join(source, 'tfjs_backend.cc'), join(source, 'tfjs_binding.cc')],
    ...[`-L${tensorflow}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', `-Wl,-rpath,${tensorflow}`],
    ...['-o', `${binding}.part`],
  ])
  renameSync(`${binding}.part`, binding)
}

if (!existsSync(binding)) {
  fetchPackages()
  compile()
}
console.log(join(modules, 'tfjs-node'))
