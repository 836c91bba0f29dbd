import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { padded } from '../../scripts/detector/padded.ts'
import { swapOptions } from '../../src/commands/swap-options.ts'
import { requestOf } from '../../src/commands/swap-request.ts'
import { alignMatrix, type FaceAnalyser, faceHull, openFaceAnalyser } from '../../src/faces/index.ts'
import { readPicture } from '../../src/media/index.ts'
import { drawPatch } from '../../src/picture/compose.ts'
import { enlargeSquare } from '../../src/picture/enlarge.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { resizePicture } from '../../src/picture/resize.ts'
import { warpAffine } from '../../src/picture/warp.ts'
import { cutFace } from '../../src/swap/cut.ts'
import { ENHANCER, type Enhancer, enhancedTimes, enhanceFaces, openEnhancer, wantsEnhancer } from '../../src/swap/enhancer.ts'
import { textureFace } from '../../src/swap/face.ts'
import { enlargeFace } from '../../src/swap/fitted.ts'
import { FaceMemory, type Look } from '../../src/swap/look.ts'
import { provenanceOf } from '../../src/swap/mark.ts'
import { fingerprintOf } from '../../src/swap/plan.ts'
import { WHOLE_CLIP } from '../../src/swap/range.ts'
import { type RenderedFrame, renderFrames } from '../../src/swap/render.ts'
import { newTracker, type SwapSession } from '../../src/swap/session.ts'
import { viewOf } from '../../src/swap/view.ts'
import { openDevice, tf } from '../../src/tensor/index.ts'
import { scratchFolder, sharedData } from '../support/data.ts'
import { framesOf, makeClip, openMan, PLAIN_LOOK, WALL } from './man.ts'
import { dfkSwap } from './run.ts'
import { field, ovalLandmarks, paint } from './seamSupport.ts'

const FRAMES = WALL + 3
const home = scratchFolder('enhance')
const clip = join(home, 'clip.mp4')
/** One that enhances. */
let enhancing: SwapSession
beforeAll(async () => {
  await makeClip(home, clip, FRAMES)
  enhancing = await open({ enhance: 1 })
})
afterAll(async () => {
  await enhancing.dispose()
  rmSync(home, { recursive: true, force: true })
})

const open = (look: Partial<Look>) => openMan(home, clip, { look: { ...PLAIN_LOOK, ...look } })

/** The clip's frames with their faces laid in, and the faces. */
async function render(session: SwapSession): Promise<{ pictures: Picture[]; faces: RenderedFrame['faces'][] }> {
  const pictures: Picture[] = []
  const faces: RenderedFrame['faces'][] = []
  for await (const rendered of renderFrames(session, newTracker(session), framesOf(clip))) {
    const picture = rendered.frame.picture as Picture
    for (const face of rendered.faces.map(enlargeFace)) drawPatch(picture, face, face.matrix)
    pictures.push(picture)
    faces.push(rendered.faces)
  }
  return { pictures, faces }
}

/** `enhancing`, asked for another look. */
const looking = (look: Partial<Look>): SwapSession => ({
  ...enhancing,
  request: { ...enhancing.request, look: { ...PLAIN_LOOK, ...look } },
})

/** Whether two arrays are the same, bit for bit; far quicker than `toEqual`. */
const isSame = (a: Float32Array, b: Float32Array) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer))

function differs(a: Picture, b: Picture): { x: number; y: number }[] {
  return [...a.data.keys()]
    .filter((i) => a.data[i] !== b.data[i])
    .map((i) => ({ x: Math.floor(i / 3) % a.width, y: Math.floor(i / 3 / a.width) }))
}

describe('dfk swap --enhance', () => {
  it('changes the face and nothing beside it, the same each time', async () => {
    const without = await open({})
    const [plain, once, again] = [await render(without), await render(enhancing), await render(enhancing)]
    await without.dispose()
    for (const [index, picture] of once.pictures.entries()) {
      expect(differs(again.pictures[index]!, picture)).toEqual([])
      const changed = differs(picture, plain.pictures[index]!)
      const face = plain.faces[index]![0]
      if (face === undefined) {
        expect(changed).toEqual([])
        continue
      }
      expect(changed.length).toBeGreaterThan(500)
      const scale = face.mask.width / face.sizePx
      for (const { x, y } of changed) {
        const { a, b, tx, c, d, ty } = face.matrix
        const u = Math.round(scale * (a * (x + 0.5) + b * (y + 0.5) + tx) - 0.5)
        const v = Math.round(scale * (c * (x + 0.5) + d * (y + 0.5) + ty) - 0.5)
        const near = [-1, 0, 1].flatMap((i) => [-1, 0, 1].map((j) => face.mask.data[(v + j) * face.mask.width + u + i] ?? 0))
        expect(Math.max(...near)).toBeGreaterThan(0)
      }
    }
    expect(plain.faces.filter(([face]) => face !== undefined)).toHaveLength(FRAMES - WALL)
  })

  it('draws an enhanced face together with grain and in bands', async () => {
    const { faces } = await render(looking({ enhance: 1, grain: 1, blend: 'pyramid' }))
    const [face] = faces.at(-1)!
    expect(face!.sizePx * face!.finer).toBe(256)
    expect(face!.rgb.every(Number.isFinite)).toBe(true)
  })

  it('is another render than one without, to be resumed by its own kind alone, and names the network in the manifest', () => {
    const job = { path: clip, kind: 'video', output: join(home, 'out.mp4') } as const
    const options = { encoder: 'auto', quality: 17, preset: 'veryfast', range: WHOLE_CLIP, preview: undefined, segment: 500 } as const
    const [off, half, whole] = [0, 0.5, 1].map((enhance) => {
      const asked = looking({ enhance })
      return { fingerprint: fingerprintOf(asked, job, {} as never, options), models: provenanceOf(asked, job, '0').otherModels }
    })
    expect(new Set([off, half, whole].map((each) => each!.fingerprint)).size).toBe(3)
    expect(off!.models).toEqual([])
    expect(whole!.models).toEqual([ENHANCER])
  })

  it('is asked for on the command line, and shot by shot', () => {
    const asked = swapOptions.parse({ run: 'x', output: 'out.mp4' })
    const request = requestOf('/home', asked, {})
    expect(wantsEnhancer(request)).toBe(false)
    const look = { ...request.look, enhance: 0.7 }
    const options = { ...request, on: true, strength: 1, look }
    expect(wantsEnhancer({ ...request, shots: [{ span: { first: 0, last: 3 }, options }] })).toBe(true)
    expect(requestOf('/home', { ...asked, enhance: 0.7 }, {}).look.enhance).toBe(0.7)
    for (const enhance of [-0.1, 1.1, Number.NaN]) expect(swapOptions.safeParse({ enhance }).success).toBe(false)
  })
})

describe('dfk swap --enhance, called wrongly', () => {
  it.each(['1.5', '-1', 'much'])('exits with 2 for %s and says why in a line', async (share) => {
    const { code, stderr } = await dfkSwap(home).swap(clip, '--run', 'tiny', '-o', join(home, 'never.mp4'), '--enhance', share)
    expect(code).toBe(2)
    expect(stderr).toMatch(/^dfk: .*--enhance.*\n {2}hint: .*\n$/)
    expect(existsSync(join(home, 'never.mp4'))).toBe(false)
  })
})

describe('a close-up', () => {
  const frame = (): Picture => ({ width: 640, height: 640, data: new Uint8Array(640 * 640 * 3).fill(120) })
  const cutAt = (radius: number, sizePx: number, enhance: number) =>
    cutFace(viewOf(frame()), ovalLandmarks(320, 320, radius), sizePx, false, enhance)

  it('begins to be enhanced where it is larger than its generator draws it, by and by', () => {
    const shares = [20, 40, 50, 60, 80, 120].map((radius) => cutAt(radius, 64, 1).enhanced.share)
    expect(shares[0]).toBe(0)
    expect(shares.at(-1)).toBe(1)
    expect([...shares].sort((a, b) => a - b)).toEqual(shares)
    expect(shares.some((share) => share > 0 && share < 1)).toBe(true)
    expect(cutAt(120, 64, 0.5).enhanced.share).toBe(0.5)
  })

  it('is cut as ever where it is not enhanced', () => {
    for (const [radius, sizePx] of [
      [20, 64],
      [240, 224],
    ] as const) {
      const [asked, plain] = [cutAt(radius, sizePx, 1), cutAt(radius, sizePx, 0)]
      expect([asked.factor, asked.matrix, asked.enhanced.share]).toEqual([plain.factor, plain.matrix, 0])
      expect(isSame(asked.rgb, plain.rgb)).toBe(true)
    }
  })

  it('is not sharpened besides, unless more is asked for than is done by itself', () => {
    const cut = cutAt(120, 64, 1)
    const joined = {
      rgb: paint(64, (x, y) => 0.5 + 0.3 * Math.sin(20 * x) * Math.cos(17 * y)),
      mask: { width: 128, height: 128, data: field(128, () => 1) },
    }
    const enhanced = enlargeSquare(joined.rgb, 64, 3, 4)
    const textured = (sharpen: Look['sharpen'], finer?: Float32Array) =>
      textureFace(cut, joined, { ...PLAIN_LOOK, sharpen }, new FaceMemory(PLAIN_LOOK), 0, finer)
    expect(isSame(textured(0.4, enhanced).rgb, textured(0, enhanced).rgb)).toBe(true)
    expect(isSame(textured('auto', enhanced).rgb, textured(0, enhanced).rgb)).toBe(true)
    expect(isSame(textured(0.4).rgb, textured(0).rgb)).toBe(false)
    const inside = new Uint8Array(256 * 256).fill(255)
    expect(sharpness(textured(1, enhanced).rgb, inside)).toBeGreaterThan(1.1 * sharpness(textured(0.4, enhanced).rgb, inside))
    expect(textured(0.4, enhanced)).toMatchObject({ sizePx: 256, finer: cut.factor / 4 })
  })

  it('is enhanced inside, not at its border', async () => {
    const black: Enhancer = { enhance: async (faces) => faces.map((face) => new Float32Array(face.length)), dispose: async () => {} }
    const mask = { width: 128, height: 128, data: field(128, (x) => Math.max(0, Math.min(1, 2 * x))) }
    const [made] = await enhanceFaces(black, [{ cut: cutAt(120, 64, 0.5), joined: { rgb: new Float32Array(64 * 64 * 3).fill(0.8), mask } }])
    const at = (x: number) => made![(100 * 256 + x) * 3]!
    for (const x of [0, 10, 60]) expect(at(x)).toBeCloseTo(0.8, 5)
    expect(at(96)).toBeCloseTo(0.6, 1)
    expect(at(200)).toBeCloseTo(0.4, 5)
  })

  it('is enhanced at about 256 px, whatever the generator draws', () => {
    expect([32, 64, 80, 96, 128].map((sizePx) => sizePx * enhancedTimes(sizePx))).toEqual([256, 256, 240, 288, 256])
    expect(enhancedTimes(224)).toBe(1)
    expect(cutAt(120, 128, 1).factor % 2).toBe(0)
  })
})

/** Faces that the enhancer was not trained on: plates.py holds out every twelfth name by its CRC-32. */
const HELD_OUT = [111, 162, 166, 219, 295, 318, 369, 371].map((number) => `real_${number}.jpg`)

describe('a face that it never saw', () => {
  let enhancer: Enhancer
  let analyser: FaceAnalyser
  beforeAll(async () => {
    const device = await openDevice('cpu')
    enhancer = await openEnhancer(device, [256], 2)
    analyser = await openFaceAnalyser(device)
  })
  afterAll(async () => {
    await enhancer.dispose()
    await analyser.dispose()
  })

  it('leaves no tensor behind when it is put away', async () => {
    const device = await openDevice('cpu')
    const before = tf.memory().numTensors
    const other = await openEnhancer(device, [256, 128], 1)
    expect(tf.memory().numTensors).toBeGreaterThan(before)
    await other.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  const folder = sharedData('real-faces')
  it.skipIf(folder === undefined)(
    'comes out sharper than plainly enlarged, and nearer to what it was (skipped where shared/data is absent)',
    async () => {
      const sums = { sharpPlain: 0, sharpFine: 0, sharpReal: 0, errorPlain: 0, errorFine: 0 }
      for (const name of HELD_OUT) {
        const picture = await readPicture(join(folder!, name))
        const whole = padded(picture, Math.round(0.3 * picture.width))
        const [found] = await analyser.find(whole, { minSizePx: 100 })
        const matrix = alignMatrix(found!.landmarks, 256)
        const real = warpAffine(whole, matrix, 256, 256, 'replicate')
        const hull = faceHull(found!.landmarks, matrix, 256)
        const rgb = Float32Array.from(resizePicture(real, 64, 64).data, (value) => value / 255)
        const cut = { ...cutFace(viewOf(whole), found!.landmarks, 64, false), enhanced: { share: 1, times: 4 } }
        const [fine] = await enhanceFaces(enhancer, [{ cut, joined: { rgb, mask: { width: 1, height: 1, data: Float32Array.of(1) } } }])
        const plain = enlargeSquare(rgb, 64, 3, 4)
        const wanted = Float32Array.from(real.data, (value) => value / 255)
        sums.sharpPlain += sharpness(plain, hull.data)
        sums.sharpFine += sharpness(fine!, hull.data)
        sums.sharpReal += sharpness(wanted, hull.data)
        sums.errorPlain += errorOf(plain, wanted, hull.data)
        sums.errorFine += errorOf(fine!, wanted, hull.data)
      }
      expect(sums.sharpFine / sums.sharpPlain).toBeGreaterThan(1.3)
      expect(sums.sharpFine / sums.sharpReal).toBeLessThan(1.1)
      expect(sums.errorFine / sums.errorPlain).toBeLessThan(0.97)
    },
  )
})

/** Root mean square of the differences between neighbours, inside a mask. */
function sharpness(rgb: Float32Array, mask: Uint8Array): number {
  let [sum, count] = [0, 0]
  for (let i = 0; i < mask.length - 256; i += 1) {
    if (mask[i]! < 128) continue
    for (let c = 0; c < 3; c += 1) sum += (rgb[i * 3 + c]! - rgb[i * 3 + 3 + c]!) ** 2 + (rgb[i * 3 + c]! - rgb[(i + 256) * 3 + c]!) ** 2
    count += 6
  }
  return Math.sqrt(sum / count)
}

function errorOf(rgb: Float32Array, wanted: Float32Array, mask: Uint8Array): number {
  let [sum, count] = [0, 0]
  for (let i = 0; i < rgb.length; i += 1) {
    if (mask[Math.floor(i / 3)]! < 128) continue
    sum += (rgb[i]! - wanted[i]!) ** 2
    count += 1
  }
  return Math.sqrt(sum / count)
}
