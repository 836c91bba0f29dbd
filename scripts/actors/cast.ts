import type { Look } from './body.ts'

/** Colours, as CSS names them, and amounts in 0–1. */
interface Colours {
  readonly skin: {
    readonly tone: string
    readonly lips: string
    readonly beard: number
    readonly freckles: number
    readonly blotches: number
  }
  readonly hair: string
  readonly brows: string
  readonly clothes: string
}

/** Where somebody is filmed. Lengths in decimetres, from between the eyes: right of the picture, up, towards the camera. */
interface Place {
  readonly fieldOfView: number
  readonly camera: readonly [number, number, number]
  readonly lookAt: number
  readonly wall: string
  readonly key: Lamp
  readonly fill: Lamp
  readonly sky: { readonly above: string; readonly below: string; readonly strength: number }
}

interface Lamp {
  readonly color: string
  readonly strength: number
  readonly from: readonly [number, number, number]
}

export interface Clip {
  readonly name: string
  readonly look: Look & Colours
  readonly set: Place
  readonly seconds: number
  readonly fps: number
  readonly seed: number
}

const AALTO: Look & Colours = {
  shape: {
    'macrodetails/caucasian-male-young': 0.4,
    'macrodetails/caucasian-male-old': 0.6,
    'head/head-rectangular': 0.5,
    'nose/nose-hump-morehump': 0.6,
    'nose/nose-scale-vert-incr': 0.3,
    'nose/nose-width2-min': 0.3,
    'chin/chin-width-max': 0.4,
    'chin/chin-cleft-in': 0.5,
    'cheek/l-cheek-bones-out': 0.5,
    'cheek/r-cheek-bones-out': 0.5,
    'mouth/mouth-upperlip-volume-deflate': 0.4,
    'forehead/forehead-nubian-less': 0.3,
  },
  worn: [
    ['eyes/HighPolyEyes', 'blue_eye.png'],
    ['teeth/Teeth_Base'],
    ['tongue/tongue01'],
    ['eyebrows/eyebrow009'],
    ['eyelashes/eyelashes02'],
    ['hair/short02'],
    ['clothes/male_casualsuit04'],
  ],
  skin: { tone: '#c98f74', lips: '#a8584f', beard: 0.8, freckles: 0.35, blotches: 0.5 },
  hair: '#a08060',
  brows: '#604838',
  clothes: '#8090a0',
}

const BRANDT: Look & Colours = {
  shape: {
    'macrodetails/asian-male-young': 0.5,
    'macrodetails/caucasian-male-young': 0.5,
    'head/head-oval': 0.4,
    'head/head-fat': 0.25,
    'nose/nose-point-up': 0.3,
    'nose/nose-volume-potato': 0.4,
    'nose/nose-scale-horiz-incr': 0.3,
    'mouth/mouth-lowerlip-volume-inflate': 0.5,
    'mouth/mouth-upperlip-volume-inflate': 0.4,
    'eyes/l-eye-size-big': 0.2,
    'eyes/r-eye-size-big': 0.2,
    'chin/chin-height-min': 0.3,
  },
  worn: [
    ['eyes/HighPolyEyes', 'brown_eye.png'],
    ['teeth/Teeth_Base'],
    ['tongue/tongue01'],
    ['eyebrows/eyebrow001'],
    ['eyelashes/eyelashes02'],
    ['hair/short04'],
    ['clothes/male_casualsuit04'],
  ],
  skin: { tone: '#b5805f', lips: '#94504a', beard: 0.1, freckles: 0.1, blotches: 0.3 },
  hair: '#ffffff',
  brows: '#ffffff',
  clothes: '#705848',
}

const STUDIO: Place = {
  fieldOfView: 27,
  camera: [0, 0, 9.5],
  lookAt: -0.5,
  wall: '#6a7078',
  key: { color: '#fff2e0', strength: 2.3, from: [-3, 3.5, 7] },
  fill: { color: '#c0d0ff', strength: 0.7, from: [6, 1, 4] },
  sky: { above: '#ffffff', below: '#6a5a50', strength: 0.9 },
}

const OFFICE: Place = {
  fieldOfView: 27,
  camera: [0.4, 0.2, 9],
  lookAt: -0.5,
  wall: '#8a8070',
  key: { color: '#ffffff', strength: 2, from: [-2.5, 3, 7] },
  fill: { color: '#ffe0c0', strength: 0.5, from: [6, 2, 4] },
  sky: { above: '#f4f8ff', below: '#807060', strength: 1.4 },
}

/** Two people who do not exist: the source, the target, and a take of the target that training does not see. */
export const CLIPS: readonly Clip[] = [
  { name: 'aalto', look: AALTO, set: STUDIO, seconds: 40, fps: 12.5, seed: 11 },
  { name: 'brandt', look: BRANDT, set: OFFICE, seconds: 40, fps: 12.5, seed: 22 },
  { name: 'brandt-take-2', look: BRANDT, set: OFFICE, seconds: 10, fps: 25, seed: 33 },
]
