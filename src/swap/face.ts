import { OCCLUSION_PX } from '../models/occlusion.ts'
import { affineScale, scaleAffine } from '../picture/affine.ts'
import { enlargeMask, enlargeSquare } from '../picture/enlarge.ts'
import { type Plane, planeOf, sampledPlane } from '../picture/plane.ts'
import { resizePicture } from '../picture/resize.ts'
import type { SwappedFaces } from '../store/generator.ts'
import { type Cut, MASK_PX } from './cut.ts'
import { enlargeFace, type FittedFace } from './fitted.ts'
import { lumaOf } from './grain.ts'
import { hairOnForehead } from './hair.ts'
import type { FaceMemory, Look } from './look.ts'
import { shapeMask } from './mask.ts'
import { findOccluders } from './occlusion.ts'
import type { SeenFace } from './occlusionNetwork.ts'
import { beyondFace } from './outline.ts'
import { clonePoisson } from './poisson.ts'
import { blendPyramid } from './pyramid.ts'
import { bleedOutwards, matchBorder } from './seam.ts'
import { MOST_SHARPENED, sharpenedBy } from './softness.ts'

/** A square plane at `toPx`, smoothly both ways, within 0–1. */
function resized(data: Float32Array, fromPx: number, toPx: number): Plane {
  const factor = Math.ceil(toPx / fromPx)
  if (factor * fromPx === toPx) return { width: toPx, height: toPx, data: enlargeMask(data, fromPx, factor) }
  const large = enlargeSquare(data, fromPx, 1, factor)
  const size = factor * fromPx
  const gray = { width: size, height: size, data: Uint8Array.from(large, (value) => Math.max(0, Math.min(255, value * 255 + 0.5))) }
  return planeOf(resizePicture(gray, toPx, toPx))
}

/** A face as a generator draws it, and what is in front of it in the footage. */
export interface RenderedFace extends SwappedFaces {
  /** How likely something covers each place, as the occlusion network says, 0–1, [64, 64]; where it was asked. */
  readonly covered?: Float32Array | undefined
}

/** Where something is in front of a face, 0–1 a pixel of the generator; undefined where its own was not drawn, from which that is told. */
export function inFrontOf(
  { rgb, hull, sizePx }: SeenFace,
  { own, covered }: Pick<RenderedFace, 'own' | 'covered'>,
): Float32Array | undefined {
  const likely = covered && resized(covered, OCCLUSION_PX, sizePx).data
  return own && findOccluders(rgb, own, sampledPlane(hull, sizePx), sizePx, likely)
}

/** How much of the target's face nothing covers, 0–1 a pixel of the generator. */
function visibleOf(cut: Cut, drawn: RenderedFace, strength: number, memory: FaceMemory, timeS: number): Float32Array | undefined {
  if (strength === 0) return undefined
  return memory.occlusion.next(inFrontOf(cut, drawn), timeS)?.map((value) => 1 - strength * value)
}

function uncovered(mask: Plane, visible: Float32Array | undefined, sizePx: number): Plane {
  if (visible === undefined) return mask
  const shown = resized(visible, sizePx, mask.width).data
  return { ...mask, data: mask.data.map((value, i) => value * shown[i]!) }
}

function addGrain(rgb: Float32Array, cut: Cut, inside: Float32Array, amount: number, memory: FaceMemory, timeS: number): void {
  if (amount === 0) return
  const { sizePx, factor, fine } = cut
  const weights = (x: number, y: number) => inside[Math.floor(y / factor) * sizePx + Math.floor(x / factor)]!
  const wide = affineScale(cut.matrix) * factor
  const seen = fine && { footage: lumaOf(fine.data, 1 / 255), rendered: lumaOf(rgb) }
  memory.grain.add(rgb, seen, weights, sizePx * factor, wide, amount, timeS)
}

/** Frames, by number, of which two in turn are looked at for their grain, which hardly changes. */
const GRAIN_EVERY = 6

/** Whether fitting a face into a frame needs it as fine as the frame is. */
export function wantsFine({ blend, grain }: Look, index: number): boolean {
  return blend === 'pyramid' || (grain > 0 && index % GRAIN_EVERY < 2)
}

/** A rendered face in the colours of its frame, at the generator's size, and where it shows. */
export interface JoinedFace {
  readonly rgb: Float32Array
  readonly mask: Plane
}

/**
 * How much of the face no hair on the forehead takes away, 0–1 a pixel of the generator: neither the source's own, which in the colours of the footage's skin would come out as a bruise, nor
 * the target's, which hangs in front.
 */
function bareOf({ rgb, browY, hull, sizePx }: Cut, rendered: SwappedFaces, strength: number): Float32Array {
  if (strength === 0) return new Float32Array(rendered.mask.length).fill(1)
  const ours = hairOnForehead(rendered.rgb, rendered.mask, browY, sizePx)
  const theirs = hairOnForehead(rgb, sampledPlane(hull, sizePx), browY, sizePx)
  return ours.map((value, i) => 1 - strength * (1 - (1 - value) * (1 - theirs[i]!)))
}

/** A mask without what is no longer the face. */
function withinOutline(mask: Plane, { twice, hull }: Cut): Plane {
  const beyond = beyondFace(twice.width === MASK_PX ? twice : resizePicture(twice, MASK_PX, MASK_PX), hull)
  return { ...mask, data: mask.data.map((value, i) => value * (1 - beyond[i]!)) }
}

/** Fits a rendered face into the frame that `cut` was taken from, at the generator's size: where it shows, its colours and its border. Pure but for `memory`. */
export function joinFace(cut: Cut, rendered: RenderedFace, look: Look, memory: FaceMemory, timeS: number): JoinedFace {
  const { sizePx } = cut
  const bare = bareOf(cut, rendered, look.hair)
  const drawn = rendered.mask.map((value, i) => value * bare[i]!)
  const wanted = look.mask.kind === 'hull' ? bare : drawn
  const shaped = shapeMask(resized(wanted, sizePx, MASK_PX), cut.hull, look.mask)
  const whole = look.mask.kind === 'learned' ? shaped : withinOutline(shaped, cut)
  const visible = visibleOf(cut, rendered, look.occlusion, memory, timeS)
  const mask = uncovered(whole, visible, sizePx)
  const inside = sampledPlane(mask, sizePx)
  const face = bleedOutwards(rendered.rgb, drawn, sizePx)
  const coloured = memory.colours.match(face, cut.rgb, inside, timeS)
  // Colours of the border count where footage and rendering both show the face.
  const shown = visible === undefined ? wanted : visible.map((value, i) => value * wanted[i]!)
  const join = look.blend === 'poisson' ? clonePoisson : matchBorder
  return { rgb: join(coloured, cut.rgb, sampledPlane(whole, sizePx), shown, sizePx), mask }
}

/** Gives a joined face sharpness and grain. `enhanced`: the same face as the enhancer left it, so many times larger as `cut` says. Pure but for `memory`. */
export function textureFace(
  cut: Cut,
  { rgb, mask }: JoinedFace,
  look: Look,
  memory: FaceMemory,
  timeS: number,
  enhanced?: Float32Array,
): FittedFace {
  const { sizePx, factor } = cut
  const inside = sampledPlane(mask, sizePx)
  const { times, share } = enhanced === undefined ? { times: 1, share: 0 } : cut.enhanced
  // The enhancer does as much of it as makes up for how softly generators draw.
  const left = (asked: number) => Math.max(0, asked - MOST_SHARPENED * share)
  const softer = look.sharpen === 'auto' && share < 1 ? memory.softness.next(rgb, cut.twice, inside, sizePx, timeS) : 1
  const sharpen = look.sharpen === 'auto' ? (gain: number) => left(sharpenedBy(softer, gain)) : left(look.sharpen)
  const sharp = memory.detail.match(enhanced ?? rgb, cut.rgb, inside, sizePx, { share: look.detail, sharpen, times }, timeS)
  const small = { sizePx: sizePx * times, matrix: scaleAffine(cut.matrix, times), rgb: sharp, mask, finer: factor / times, move: cut.move }
  const fine = look.blend === 'pyramid' ? cut.fine : undefined
  if (look.grain === 0 && fine === undefined) return small
  const large = enlargeFace(small)
  addGrain(large.rgb, cut, inside, look.grain, memory, timeS)
  if (fine === undefined) return large
  const footage = Float32Array.from(fine.data, (value) => value / 255)
  return { ...large, ...blendPyramid(large.rgb, footage, resized(mask.data, mask.width, large.sizePx).data, large.sizePx) }
}

/** Fits a rendered face into the frame that `cut` was taken from: where it shows, its colours, border, sharpness and grain. Pure but for `memory`. */
export function fitFace(cut: Cut, rendered: RenderedFace, look: Look, memory: FaceMemory, timeS: number): FittedFace {
  return textureFace(cut, joinFace(cut, rendered, look, memory, timeS), look, memory, timeS)
}
