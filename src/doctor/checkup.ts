import { findFfmpeg, findFfprobe, tryEncoders } from '../media/index.ts'
import { type CudaFile, checkCudaFiles, hasNvidiaDriver } from '../tensor/cudaFiles.ts'
import type { DeviceStatus } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import { checkDevices } from './devices.ts'
import { checkModels, type ModelFile } from './models.ts'
import { checkPackages, type OptionalPackage } from './packages.ts'
import { checkRoom, type Room } from './room.ts'

/** One thing to know: `blocks` when the pipeline cannot run because of it. */
interface Finding {
  readonly what: string
  readonly hint: string
  readonly blocks: boolean
}

interface Program {
  readonly path: string | null
  readonly version: string | null
  readonly source: 'environment' | 'system' | 'npm' | null
}

export interface Checkup extends Room {
  /** Whether the pipeline can run: no finding blocks. */
  readonly ok: boolean
  readonly node: string
  readonly platform: string
  readonly devices: readonly DeviceStatus[]
  /** `encoders` encode something here; `failing` are only built in, such as those of hardware that is not there. */
  readonly ffmpeg: Program & { readonly encoders: readonly string[]; readonly failing: readonly string[] }
  readonly ffprobe: Program
  readonly models: readonly ModelFile[]
  readonly packages: readonly OptionalPackage[]
  readonly nvidia: { readonly driver: boolean; readonly files: readonly CudaFile[] }
  readonly findings: readonly Finding[]
}

const OLDEST_NODE = [20, 10] as const
const GIB = 2 ** 30
const LEAST_DISK_BYTES = 2 * GIB
const LEAST_MEMORY_BYTES = 3 * GIB

async function program(find: typeof findFfmpeg, findings: Finding[]): Promise<Program> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof DfkError)) throw error
    findings.push({ what: error.message, hint: error.hint ?? 'install ffmpeg', blocks: true })
    return { path: null, version: null, source: null }
  }
}

async function checkFfmpeg(findings: Finding[]): Promise<Pick<Checkup, 'ffmpeg' | 'ffprobe'>> {
  const ffmpeg = await program(findFfmpeg, findings)
  const ffprobe = await program(findFfprobe, findings)
  const { working: encoders, failing } = ffmpeg.path === null ? { working: [], failing: [] } : await tryEncoders()
  if (ffmpeg.path !== null && encoders.length === 0) {
    findings.push({
      what: 'this ffmpeg has no working video encoder that dfk can use',
      hint: 'install a build of ffmpeg with libx264',
      blocks: true,
    })
  } else if (ffmpeg.path !== null && !encoders.includes('libx264')) {
    const hint = 'install a build of ffmpeg with libx264 for the usual quality and compatibility'
    findings.push({ what: `this ffmpeg has no libx264; ${encoders[0]} will be used`, hint, blocks: false })
  }
  if (ffmpeg.source === 'npm') {
    const what = `no ffmpeg of the system: the ${ffmpeg.version} build from npm is used, which is old`
    findings.push({ what, hint: "install ffmpeg with your system's package manager", blocks: false })
  }
  return { ffmpeg: { ...ffmpeg, encoders, failing }, ffprobe }
}

function checkNode(findings: Finding[]): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    findings.push({ what: `Node ${process.version} is too old`, hint: `install Node ${OLDEST_NODE.join('.')} or newer`, blocks: true })
  }
  return process.version
}

function judgeRoom({ disk, memory }: Room, findings: Finding[]): void {
  const gib = (bytes: number) => (bytes / GIB).toFixed(1)
  if (!disk.writable) {
    findings.push({ what: `${disk.path} cannot be written to`, hint: 'set DFK_HOME to a folder of your own', blocks: true })
  }
  if (disk.freeBytes !== null && disk.freeBytes < LEAST_DISK_BYTES) {
    const hint = 'datasets, checkpoints and video need a few GiB: free some, or set DFK_HOME to another disk'
    findings.push({ what: `only ${gib(disk.freeBytes)} GiB free in ${disk.path}`, hint, blocks: false })
  }
  if (memory.totalBytes < LEAST_MEMORY_BYTES) {
    const hint = 'train with --preset quick, and close other programs'
    findings.push({ what: `this machine has ${gib(memory.totalBytes)} GiB of memory, training takes up to 3`, hint, blocks: false })
  }
}

/** What would bring a device that does not work here, where the system could have it. */
function judgeDevices(devices: readonly DeviceStatus[], findings: Finding[]): void {
  if (!devices.some(({ available }) => available)) {
    findings.push({ what: 'no device can run the networks', hint: 'install the packages again: npm ci', blocks: true })
  }
  for (const { name, hint } of devices) {
    if (hint !== undefined) findings.push({ what: `the ${name} device does not work here`, hint, blocks: false })
  }
}

/** Looks at everything that the pipeline needs or could use on this machine. Loads the tensor library; writes nothing. */
export async function checkUp(home: string): Promise<Checkup> {
  const findings: Finding[] = []
  const node = checkNode(findings)
  const media = await checkFfmpeg(findings)
  const devices = await checkDevices()
  judgeDevices(devices, findings)
  const models = await checkModels()
  for (const { name, package: from } of models.filter(({ found }) => !found)) {
    const hint = from === 'dfk' ? 'install dfk again' : 'install the packages again: npm ci'
    findings.push({ what: `the network ${name} is missing from ${from}`, hint, blocks: true })
  }
  const room = await checkRoom(home)
  judgeRoom(room, findings)
  const nvidia = { driver: hasNvidiaDriver(), files: checkCudaFiles() }
  const packages = checkPackages()
  for (const { name, version, hint } of packages) {
    // Where it is not installed at all, the tensorflow device says so.
    if (hint !== undefined && version !== null) findings.push({ what: `${name} is not usable here`, hint, blocks: false })
  }
  const ok = !findings.some(({ blocks }) => blocks)
  return { ok, node, platform: `${process.platform} ${process.arch}`, devices, ...media, models, packages, nvidia, ...room, findings }
}
