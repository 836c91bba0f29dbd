import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { DfkError } from '../work/errors.ts'
import { type Lowering, PORTABLE } from './lowering.ts'
import { copyModel, halfModel, names } from './model.ts'
import { silenceOnnxRuntime } from './onnxRuntime.ts'
import type { Precision } from './types.ts'

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
 * Whether a provider of ONNX Runtime computes on this machine, in half precision if asked for: undefined, or why not. It is tried in a process of its own, once:
 * a driver may end the process that loads it, and prints warnings on the way.
 */
export function tryProvider(provider: 'webgpu' | 'cuda', precision: Precision = 'float32'): Promise<string | undefined> {
  const key = `${provider} ${precision}`
  const known = answers.get(key) ?? tryInChild(provider, precision)
  answers.set(key, known)
  return known
}

function tryInChild(provider: string, precision: Precision): Promise<string | undefined> {
  const bytes = precision === 'float16' ? halfModel() : copyModel({ x: { shape: [2] } }, ['x'])
  const model = Buffer.from(bytes).toString('base64')
  const path = createRequire(import.meta.url).resolve('onnxruntime-node')
  silenceOnnxRuntime()
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

/** What a device lowers a program to, given that it can compute in float16 at all. Throws a DfkError where this GPU or driver cannot. */
export async function loweringFor(provider: 'webgpu' | 'cuda', precision: Precision = 'float32'): Promise<Lowering> {
  if (precision === 'float32') return PORTABLE
  const failure = await tryProvider(provider, 'float16')
  if (failure === undefined) return { half: true }
  throw new DfkError(`expected a GPU that computes in float16 but found: ${failure}`, { hint: 'leave out --precision float16' })
}
