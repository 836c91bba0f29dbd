import { openFaceAnalyser } from '../faces/index.ts'
import { readPicture } from '../media/index.ts'
import { openRun, type Run } from '../store/checkpoint.ts'
import { type DeviceName, openDevice } from '../tensor/index.ts'
import { DfkError, UsageError } from '../work/errors.ts'

/** One `person=run` of `--map`; throws UsageError where it is none. The last = parts them: ids may hold one, names of runs do not. */
export function parsePair(text: string): { readonly person: string; readonly run: string } {
  const at = text.lastIndexOf('=')
  const [person, run] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  if (at > 0 && person !== '' && run !== '') return { person, run }
  throw new UsageError(`--map: expected person=run but found ${text}`, { hint: 'like --map bob=my-run carol=other-run' })
}

/** Opens the runs of a swap, each once; `map` names them by number. Throws UsageError where the flags do not go together, DfkError where a run is missing. */
export async function castRuns(request: {
  readonly home: string
  readonly run: string | undefined
  readonly map: readonly string[]
  readonly choice: string
  readonly faceImage: string | undefined
  readonly checkpoint: number | undefined
}): Promise<{ readonly runs: readonly Run[]; readonly map: readonly { readonly person: string; readonly run: number }[] }> {
  const pairs = request.map.map(parsePair)
  const clash = (flag: string) =>
    new UsageError(`--map: expected no ${flag} beside it, as it says who is rendered by what`, { hint: `leave ${flag} away` })
  if (pairs.length > 0 && request.run !== undefined) throw clash('--run')
  if (pairs.length > 0 && request.choice !== 'target') throw clash('--face')
  if (pairs.length > 0 && request.faceImage !== undefined) throw clash('--face-image')
  if (request.faceImage !== undefined && request.choice !== 'target')
    throw new UsageError('--face-image: expected no --face beside it, as the still says who is replaced', { hint: 'leave --face away' })
  const people = pairs.map(({ person }) => person)
  const twice = people.find((person, i) => people.indexOf(person) < i)
  if (twice !== undefined)
    throw new UsageError(`--map: expected each person once but found ${twice} twice`, { hint: 'name one run a person' })
  if (pairs.length === 0 && request.run === undefined)
    throw new UsageError('expected the run that renders: --run my-run', { hint: 'or several: --map bob=my-run carol=other-run' })
  const names = pairs.length === 0 ? [request.run!] : [...new Set(pairs.map(({ run }) => run))]
  if (names.length > 1 && request.checkpoint !== undefined)
    throw new UsageError('--checkpoint: expected one run but found several', { hint: 'leave it away: each renders with its newest' })
  const runs: Run[] = []
  for (const name of names) runs.push(await openRun(request.home, name))
  // Generators and the like go by the runs' own names.
  const alike = runs.find(({ name }, i) => runs.findIndex((run) => run.name === name) < i)
  if (alike !== undefined)
    throw new UsageError(`--map: expected runs of different names but found ${alike.name} twice`, { hint: 'name each run in one way' })
  return { runs, map: pairs.map(({ person, run }) => ({ person, run: names.indexOf(run) })) }
}

/** Descriptor of the one person on a still. Throws DfkError where it shows nobody, or several. */
export async function faceOfStill(path: string, deviceName: DeviceName | 'auto'): Promise<{ descriptor: Float32Array; path: string }> {
  const picture = await readPicture(path)
  const analyser = await openFaceAnalyser(await openDevice(deviceName))
  try {
    const faces = await analyser.find(picture)
    if (faces.length !== 1)
      throw new DfkError(`--face-image: expected one face on ${path} but found ${faces.length === 0 ? 'none' : faces.length}`, {
        hint: 'give a still that shows the person alone, from the front',
      })
    return { descriptor: await analyser.descriptor(picture, faces[0]!.landmarks), path }
  } finally {
    await analyser.dispose()
  }
}
