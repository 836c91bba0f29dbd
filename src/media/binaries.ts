import { accessSync, chmodSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { DfkError } from '../work/errors.ts'
import { ENCODER_NAMES, type EncoderName } from './encoderNames.ts'
import { askProgram } from './process.ts'

/** A program of the ffmpeg family that runs here. */
export interface FoundBinary {
  readonly path: string
  /** As the program states it, such as `5.1.9-0+deb12u1` or `N-47683-g0e8eb07980-static`. */
  readonly version: string
  readonly source: 'environment' | 'system' | 'npm'
}

type ProgramName = 'ffmpeg' | 'ffprobe'

const found = new Map<string, Promise<FoundBinary>>()

function npmBinary(name: ProgramName): string | undefined {
  try {
    const { path } = createRequire(import.meta.url)(`@${name}-installer/${name}`) as { path: string }
    try {
      accessSync(path, constants.X_OK)
    } catch {
      chmodSync(path, 0o755)
    }
    return path
  } catch {
    return undefined
  }
}

/** The first program of that name on PATH, as a whole path. */
function systemBinary(name: ProgramName): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue
    const path = join(folder, file)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}

async function versionOf(path: string, name: ProgramName): Promise<string> {
  const text = await askProgram(path, ['-hide_banner', '-version'])
  const version = new RegExp(`^${name} version (\\S+)`).exec(text)?.[1]
  if (version === undefined) throw new Error(`${path} does not answer like ${name}`)
  return version
}

async function find(name: ProgramName, variable: string, asked: string | undefined): Promise<FoundBinary> {
  if (asked) {
    try {
      return { path: asked, version: await versionOf(asked, name), source: 'environment' }
    } catch (cause) {
      throw new DfkError(`expected ${variable} to name a working ${name} but ${asked} does not run`, {
        hint: `unset ${variable} to let dfk choose, or point it to ${name} itself`,
        cause,
      })
    }
  }
  for (const source of ['system', 'npm'] as const) {
    const path = source === 'system' ? systemBinary(name) : npmBinary(name)
    if (path === undefined) continue
    try {
      return { path, version: await versionOf(path, name), source }
    } catch {
      // Not there, or not for this machine: the next one may be.
    }
  }
  throw new DfkError(`expected ${name} on this machine but found none that runs`, {
    hint: `install ffmpeg with your system's package manager, or set ${variable} to its path`,
  })
}

function once(name: ProgramName, variable: string): Promise<FoundBinary> {
  const asked = process.env[variable]
  const key = `${name} ${asked ?? ''}`
  const known = found.get(key)
  if (known !== undefined) return known
  const search = find(name, variable, asked)
  found.set(key, search)
  return search
}

/** Finds ffmpeg: FFMPEG_PATH, then the system's, then the one from npm. Throws DfkError where none runs. */
export function findFfmpeg(): Promise<FoundBinary> {
  return once('ffmpeg', 'FFMPEG_PATH')
}

/** Finds ffprobe: FFPROBE_PATH, then the system's, then the one from npm. Throws DfkError where none runs. */
export function findFfprobe(): Promise<FoundBinary> {
  return once('ffprobe', 'FFPROBE_PATH')
}

const encodersOf = new Map<string, Promise<Set<string>>>()

async function encoderNames(): Promise<Set<string>> {
  const { path } = await findFfmpeg()
  const known = encodersOf.get(path) ?? listEncoders(path)
  encodersOf.set(path, known)
  known.catch(() => encodersOf.delete(path))
  return known
}

async function listEncoders(path: string): Promise<Set<string>> {
  const listed = await askProgram(path, ['-hide_banner', '-encoders'])
  return new Set(Array.from(listed.matchAll(/^ V\S{5} (\S+)/gm), (match) => match[1]!))
}

/** Whether this ffmpeg was built with a video encoder of that name. */
export async function ffmpegHas(encoder: string): Promise<boolean> {
  return (await encoderNames()).has(encoder)
}

/** Tells which of the encoders that dfk can drive this ffmpeg was built with. A hardware encoder may still fail where its device is missing. */
export async function ffmpegEncoders(): Promise<EncoderName[]> {
  const names = await encoderNames()
  return ENCODER_NAMES.filter((name) => names.has(name))
}
