import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DfkError } from './errors.ts'

/** After so long without a sign of life, a lock taken on another machine counts as left behind. */
const SILENT_MS = 10 * 60_000

interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process started, as the system counts; tells a process from a later one with its number. */
  readonly started: string
}

/** A lock on a folder, held by this process. */
export interface FolderLock {
  /** Shows that the holder is alive. */
  touch(): Promise<void>
  release(): Promise<void>
}

const LOOK_EVERY_MS = 20

/**
 * Takes the lock of a folder that exists, after waiting for its holder for so long; throws DfkError naming the process that still holds it.
 * Locks of dead processes are taken over.
 */
export async function lockFolder(folder: string, what: string, waitMs = 0): Promise<FolderLock> {
  const untilMs = performance.now() + waitMs
  const path = join(folder, 'lock')
  const mine: Holder = { pid: process.pid, host: hostname(), started: await startOf(process.pid) }
  for (let attempt = 0; attempt < 5 || performance.now() < untilMs; attempt += 1) {
    if (await create(path, mine)) {
      return {
        touch: () => utimes(path, new Date(), new Date()).catch(() => {}),
        release: () => rm(path, { force: true }),
      }
    }
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const holder = parseHolder(text)
    if (await holds(path, holder)) {
      if (performance.now() < untilMs) {
        await pause(LOOK_EVERY_MS)
        continue
      }
      throw new DfkError(
        `expected ${what} to be free but process ${holder?.pid ?? '?'} on ${holder?.host ?? 'an unknown machine'} is using it`,
        {
          hint: `wait until it has finished, or stop it; if it is gone for certain, remove ${path}`,
        },
      )
    }
    await takeAway(path, text)
  }
  throw new DfkError(`expected to lock ${what} but others keep taking it`, { hint: 'try again' })
}

async function create(path: string, holder: Holder): Promise<boolean> {
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined
    if (error.code === 'ENOENT')
      throw new DfkError(`expected the folder ${dirname(path)} to be there but it is gone`, {
        hint: 'somebody removed it meanwhile; run the same command again',
        cause: error,
      })
    throw error
  })
  if (file === undefined) return false
  try {
    await file.writeFile(JSON.stringify(holder))
    return true
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

function parseHolder(text: string): Holder | undefined {
  let value: Partial<Holder> | null
  try {
    value = JSON.parse(text) as Partial<Holder> | null
  } catch {
    return undefined // half written
  }
  if (typeof value?.pid !== 'number' || typeof value.host !== 'string') return undefined
  return { pid: value.pid, host: value.host, started: String(value.started ?? '') }
}

async function holds(path: string, holder: Holder | undefined): Promise<boolean> {
  const silentMs = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0)
  // Half written: by somebody who is at it this moment, or who was killed at it.
  if (holder === undefined) return silentMs < 5_000
  if (holder.host !== hostname()) return silentMs < SILENT_MS
  return alive(holder.pid) && (holder.started === '' || holder.started === (await startOf(holder.pid)))
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Start time of a process in clock ticks since boot, on Linux; elsewhere empty. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** Removes a dead holder's lock, unless somebody else has taken its place meanwhile. */
async function takeAway(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(() => {})
  const found = await readFile(aside, 'utf8').catch(() => text)
  if (found !== text) await rename(aside, path).catch(() => {})
  else await rm(aside, { force: true })
}
