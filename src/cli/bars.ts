import { checkInterrupted } from '../work/errors.ts'
import type { Progress, Work } from '../work/progress.ts'

const LINE_EVERY_MS = 10_000

interface Display {
  update(progress: Progress): void
  stop(ok: boolean): void
}

function seconds(ms: number): string {
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s} s`
  const minutes = Math.floor(s / 60)
  return minutes < 60 ? `${minutes} min ${s % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Says how long it will still take, by what was done since the first word of it: what an earlier call had done, and what it took to begin, say nothing. Another total is another count. */
function countdown(): (progress: Progress) => string {
  let first: { readonly done: number; readonly total: number; readonly ms: number } | undefined
  return ({ done, total }) => {
    if (total === undefined || total === 0) return ''
    if (first?.total !== total) first = { done, total, ms: performance.now() }
    if (done >= total) return 'finishing'
    return done > first.done ? `${seconds(((performance.now() - first.ms) / (done - first.done)) * (total - done))} left` : ''
  }
}

/** A log line now and then, for terminals that are none (CI, pipes). */
function lines(title: string): Display {
  const startMs = performance.now()
  const left = countdown()
  let last = startMs
  process.stderr.write(`${title} …\n`)
  return {
    update(progress) {
      const remaining = left(progress)
      if (performance.now() - last < LINE_EVERY_MS) return
      last = performance.now()
      const count = progress.total === undefined ? `${progress.done}` : `${progress.done}/${progress.total}`
      process.stderr.write(`${title}: ${[count, progress.note, remaining].filter(Boolean).join(' · ')}\n`)
    },
    stop(ok) {
      process.stderr.write(`${title}: ${ok ? 'done' : 'stopped'} after ${seconds(performance.now() - startMs)}\n`)
    },
  }
}

/** stderr without "save" and "restore the cursor": a bar that jumps back to where it began overwrites what was printed since. */
function withoutJumps(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (text: string) => text === '\x1B7' || text === '\x1B8' || stream.write(text)
  return Object.assign(Object.create(stream) as NodeJS.WriteStream, { write })
}

/** A spinner until the total is known, then a bar. */
async function terminal(title: string): Promise<Display> {
  const { default: ora } = await import('ora')
  const { SingleBar } = (await import('cli-progress')).default
  const startMs = performance.now()
  const left = countdown()
  const spinner = ora({ text: title, stream: process.stderr, discardStdin: false }).start()
  let bar: InstanceType<typeof SingleBar> | undefined
  return {
    update(progress) {
      const { done, total, note = '' } = progress
      if (total === undefined) {
        spinner.text = `${title} ${done} ${note}`
        return
      }
      if (bar === undefined) {
        spinner.stop()
        bar = new SingleBar({
          format: `${title} {bar} {value}/{total} · {left} {note}`,
          hideCursor: true,
          barsize: 24,
          barCompleteChar: '\u2588',
          barIncompleteChar: '\u2591',
          clearOnComplete: true,
          fps: 8,
          linewrap: true, // the bar is cut at the edge; false would cut whatever else is printed beside it
          gracefulExit: false, // interrupt.ts decides what Ctrl-C does
          stream: withoutJumps(process.stderr),
        })
        bar.start(total, done, { note, left: '' })
      }
      if (bar.getTotal() !== total) bar.setTotal(total)
      bar.update(done, { note, left: left(progress) })
    },
    stop(ok) {
      const text = `${title} ${ok ? '' : 'stopped '}(${seconds(performance.now() - startMs)})`
      if (bar === undefined) {
        if (ok) spinner.succeed(text)
        else spinner.fail(text)
        return
      }
      bar.stop()
      process.stderr.write(`${ok ? '✔' : '✖'} ${text}\n`)
    },
  }
}

const silent: Display = { update() {}, stop() {} }

/** Runs `body` under a bar on stderr: ora and cli-progress on a terminal, a line now and then elsewhere, nothing when quiet. */
export async function withBar<T>(title: string, quiet: boolean, signal: AbortSignal, body: (work: Work) => Promise<T>): Promise<T> {
  // A terminal that does not know its width has 0 columns, in which ora would clear lines without end.
  const isTerminal = process.stderr.isTTY && process.stderr.columns > 0
  const display = quiet ? silent : isTerminal ? await terminal(title) : lines(title)
  let ok = false
  try {
    checkInterrupted(signal)
    const result = await body({ signal, onProgress: (progress) => display.update(progress) })
    ok = true
    return result
  } finally {
    display.stop(ok)
  }
}
