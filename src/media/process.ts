import { execFile, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import type Fluent from 'fluent-ffmpeg'

// fluent-ffmpeg is archived upstream: this is the only file that knows it, or that starts a process.

const KEPT_LINES = 60

interface FfmpegInput {
  /** A URL that ffmpeg opens, or a stream that is piped to its standard input (at most one). */
  readonly source: string | Readable
  readonly options: readonly string[]
}

export interface FfmpegJob {
  readonly inputs: readonly FfmpegInput[]
  readonly output: string | Writable
  readonly outputOptions: readonly string[]
}

export interface FfmpegRun {
  /** Resolves when ffmpeg has ended well; rejects with ProcessFailure otherwise. */
  readonly done: Promise<void>
  /** The last lines of its stderr. */
  readonly log: readonly string[]
  /** Kills ffmpeg and waits until it is gone; never rejects. */
  kill(): Promise<void>
}

/** ffmpeg or ffprobe ended badly; `log` holds the last lines that it wrote on stderr. */
export class ProcessFailure extends Error {
  readonly log: readonly string[]
  /** Whether a signal that nobody sent ended it, such as SIGSEGV. */
  readonly crashed: boolean

  constructor(message: string, log: readonly string[], cause: unknown) {
    super(message, { cause })
    this.name = 'ProcessFailure'
    this.log = log
    this.crashed = /SIGSEGV|SIGABRT|SIGILL|SIGBUS/.test(`${(cause as { signal?: string }).signal} ${message}`)
  }
}

const running = new Set<() => void>()
let guarded = false

function dieWithUs(kill: () => void): () => void {
  if (!guarded) {
    guarded = true
    process.once('exit', () => {
      for (const stop of running) stop()
    })
  }
  running.add(kill)
  return () => running.delete(kill)
}

let loaded: typeof Fluent | undefined

function fluent(): typeof Fluent {
  loaded ??= createRequire(import.meta.url)('fluent-ffmpeg') as typeof Fluent
  return loaded
}

/** A stream to give as `output`. fluent-ffmpeg kills ffmpeg 20 ms after the close of its output, which a busy machine takes for an early end: this one never says so. */
export function outputPipe(): PassThrough {
  return new PassThrough({ emitClose: false })
}

/** fluent-ffmpeg would start ffmpeg twice before, to ask for formats and encoders; what is missing, ffmpeg says itself. */
const ASKS_NOTHING = {
  _checkCapabilities: (done: () => void) => done(),
  availableEncoders: (done: (error: null, encoders: object) => void) => done(null, {}),
}

/** Starts ffmpeg at `path`. `onLine` gets each line of its stderr; the process is killed when ours exits. */
export function startFfmpeg(path: string, job: FfmpegJob, onLine?: (line: string) => void): FfmpegRun {
  const command = fluent()({ stdoutLines: KEPT_LINES })
  command.setFfmpegPath(path)
  Object.assign(command, ASKS_NOTHING)
  for (const input of job.inputs) command.input(input.source as string).inputOptions(...input.options)
  command.output(job.output as string).outputOptions(...job.outputOptions)
  const log: string[] = []
  let started = false
  let killed = false
  const kill = () => {
    killed = true
    if (started) command.kill('SIGKILL')
  }
  const release = dieWithUs(kill)
  command.on('stderr', (line: string) => {
    log.push(line)
    if (log.length > KEPT_LINES) log.shift()
    onLine?.(line)
  })
  command.on('start', () => {
    started = true
    if (killed) command.kill('SIGKILL')
  })
  const done = new Promise<void>((resolve, reject) => {
    command.on('end', () => resolve())
    command.on('error', (error: Error) => reject(new ProcessFailure(error.message, log, error)))
  }).finally(release)
  done.catch(() => {})
  command.run()
  return {
    done,
    log,
    async kill() {
      kill()
      await done.catch(() => {})
    },
  }
}

/** Runs a program that answers on stdout (ffprobe, `ffmpeg -encoders`) and returns what it said. */
export function askProgram(path: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(path, args, { maxBuffer: 64 << 20, windowsHide: true, ...(signal && { signal }) }, (error, stdout, stderr) => {
      release()
      if (error === null) resolve(stdout)
      else {
        const log = stderr.trim().split(/\r?\n/).slice(-KEPT_LINES)
        // What it said last; the error's own message is the whole command line.
        reject(new ProcessFailure(log.at(-1) || error.message, log, error))
      }
    })
    const release = dieWithUs(() => child.kill('SIGKILL'))
    child.stdin?.on('error', () => {})
    child.stdin?.end()
  })
}

/** Runs a program and hands over its stdout line by line, which may be endless. Rejects with ProcessFailure where it ends badly. */
export async function readLines(
  path: string,
  args: readonly string[],
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true, ...(signal && { signal }) })
  const release = dieWithUs(() => child.kill('SIGKILL'))
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line)
    if (log.length > KEPT_LINES) log.shift()
  })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new ProcessFailure(error.message, log, error)))
    child.once('close', (code, end) => {
      if (code === 0) resolve()
      else reject(new ProcessFailure(`${path} ended with ${code ?? end}`, log, { signal: end }))
    })
  }).finally(release)
  ended.catch(() => {})
  for await (const line of createInterface({ input: child.stdout })) onLine(line)
  await ended
}
