import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { copyModel, names } from './model.ts'

const TIMEOUT_MS = 60_000

/** Runs a graph that copies two numbers; prints "works" or why not. What the drivers print goes to standard error. */
const SCRIPT = `
const [path, provider, model] = process.argv.slice(1)
const ort = require(path)
const open = () => ort.InferenceSession.create(Buffer.from(model, 'base64'), { executionProviders: [provider], logSeverityLevel: 4 })
const say = (text) => process.stdout.write(text + '\\n')
open()
  .then((session) => session.run({ '${names.state('x')}': new ort.Tensor('float32', Float32Array.of(1, 2), [2]) }))
  .then(({ '${names.next('x')}': x }) => say(x.data.join() === '1,2' ? 'works' : 'wrong numbers: ' + x.data.join()))
  .catch((error) => say(error.message.split('\\n')[0]))
`

const answers = new Map<string, Promise<string | undefined>>()

/**
 * Whether a provider of ONNX Runtime computes on this machine: undefined, or why not. It is tried in a process of its own, once:
 * a driver may end the process that loads it, and prints warnings on the way.
 */
export function tryProvider(provider: 'webgpu' | 'cuda'): Promise<string | undefined> {
  const known = answers.get(provider) ?? tryInChild(provider)
  answers.set(provider, known)
  return known
}

function tryInChild(provider: string): Promise<string | undefined> {
  const model = Buffer.from(copyModel({ x: { shape: [2] } }, ['x'])).toString('base64')
  const path = createRequire(import.meta.url).resolve('onnxruntime-node')
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', SCRIPT, path, provider, model], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      windowsHide: true,
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.on('error', (error) => resolve(`no process to try it in (${error.message})`))
    child.on('close', (code, signal) => resolve(answerOf(said, signal ?? code)))
  })
}

/** What the child's end means; a process that worked and then ended badly did not work. */
function answerOf(said: string, end: string | number | null): string | undefined {
  const line = said.trim().split('\n').at(-1) ?? ''
  if (line === 'works' && end === 0) return undefined
  if (line === 'works' || line === '') return `a process that ended with ${end} when it tried`
  return line
}
