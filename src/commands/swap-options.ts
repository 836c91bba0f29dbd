import { z } from 'zod'
import { ENCODER_NAMES } from '../media/encoderNames.ts'
import { USUAL_THRESHOLD } from '../swap/nothing.ts'
import { signingOptions } from './signing.ts'
import { labelOptions } from './swap-label.ts'

/** Name of a queue, where none is given. */
export const DEFAULT_QUEUE = 'dfk'
/** What a queue may be called. */
export const queueName = z.string().regex(/^[\w-]{1,64}$/, 'expected letters, digits, - and _, at most 64')

/** The flags of `dfk swap`. */
export const swapOptions = z.object({
  run: z
    .string()
    .optional()
    .describe('training run that renders the double: a name in checkpoints/, or a path (this or --map is required)'),
  checkpoint: z
    .int()
    .min(1)
    .optional()
    .describe('step of the checkpoint to render with (default: the newest)')
    .meta({ flag: '--checkpoint <step>' }),
  output: z
    .string()
    .optional()
    .meta({ flag: '-o, --output <file>' })
    .describe('file to write, a folder for a folder; replaced if it exists, once the new one is whole'),
  face: z
    .enum(['target', 'largest', 'all'])
    .default('target')
    .describe("whose face is replaced: that of the run's target, the largest in the frame, or all"),
  faceImage: z
    .string()
    .optional()
    .describe('still of the person who is replaced, whom a record must cover')
    .meta({ flag: '--face-image <still>' }),
  map: z
    .array(z.string())
    .default([])
    .describe('people replaced, each by the run that renders them: subjects of the records of runs or of --consent')
    .meta({ flag: '--map <person=run...>' }),
  threshold: z
    .number()
    .min(0.1)
    .max(1)
    .default(USUAL_THRESHOLD)
    .describe('largest descriptor distance of a face that is taken for the target'),
  consent: z.array(z.string()).default([]).describe('further consent records, for people in the clip other than the target'),
  color: z
    .enum(['rct', 'lct', 'mkl', 'idt', 'sot', 'none'])
    .default('rct')
    .describe('colours of the footage for the face: means and spreads (rct, lct, mkl), whole distributions (idt, sot), or none'),
  blend: z
    .enum(['feather', 'pyramid', 'poisson'])
    .default('feather')
    .describe('how the face meets the footage: by a soft border, in bands from coarse to fine, or by its gradients'),
  mask: z
    .enum(['both', 'hull', 'learned'])
    .default('both')
    .describe("what the mask is made of: the hull of the footage's landmarks, the mask that the run learned, or where both agree"),
  maskErode: z.number().min(-10).max(20).default(1).describe("draws the mask's border in, per cent of the face picture (negative: out)"),
  maskBlur: z.number().min(0).max(20).default(4).describe("softness of the mask's border, per cent of the face picture"),
  occlusion: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('lets hands, microphones and glasses in front of the face through; 0: not at all'),
  hair: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("keeps hair out of the forehead: the source's is left out, the target's stays in front; 0: not at all"),
  retarget: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'moves the face on where the run falls short of nods, smiles and blinks, as its training measured and a second look finds; 0: as it was drawn',
    ),
  matchDetail: z.number().min(0).max(1).default(0.25).describe("gives the face the footage's own sharpness or blur; 0: not at all"),
  sharpen: z
    .union([z.number().min(0).max(3), z.literal('auto')])
    .default('auto')
    .describe("sharpens the rendered face by so much; 0: not at all; auto: until it is as sharp as the footage's own, .4 at most"),
  grain: z.number().min(0).max(1).default(0).describe("lays the footage's grain over the face; 0: not at all"),
  enhance: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('makes a face in close-up, larger in the frame than the run draws it, finer by super-resolution; 0: not at all')
    .meta({ flag: '--enhance <share>' }),
  use: z
    .enum(['private', 'publish'])
    .default('private')
    .describe('publish: the output may leave the house, if the records grant that; the manifest says which')
    .meta({ flag: '--use <name>' }),
  project: z.string().optional().describe('the project that it is for, which the records must be for too'),
  media: z.array(z.string()).default([]).describe('where it will be shown; needed to publish where a record limits it'),
  territory: z.array(z.string()).default([]).describe('in which countries; needed to publish where a record limits it'),
  category: z
    .array(z.string())
    .default([])
    .describe('what kind of use it is, which no record may prohibit')
    .meta({ flag: '--category <names...>' }),
  ...labelOptions.shape,
  range: z.string().optional().describe('part of the clip to render, as 0:30-1:15, 90- or -10 (seconds, or minutes:seconds)'),
  preview: z.int().min(1).max(100).optional().describe('render so many frames onto one picture instead: target, swapped, mask'),
  layers: z
    .string()
    .optional()
    .describe('also write the face and its matte without the footage, for compositors: a folder')
    .meta({ flag: '--layers <folder>' }),
  layersFormat: z
    .enum(['prores', 'png', 'exr'])
    .optional()
    .describe('layers as ProRes 4444 with alpha, or as a sequence of 16-bit PNG or half-float EXR (default: prores)')
    .meta({ flag: '--layers-format <name>' }),
  layersAlpha: z
    .enum(['straight', 'premultiplied'])
    .optional()
    .describe('colours of the layers as they are or weighed by alpha (default: premultiplied for exr, else straight)')
    .meta({ flag: '--layers-alpha <name>' }),
  shots: z
    .string()
    .optional()
    .describe('options that differ from shot to shot: a JSON file, see docs/compositing.md')
    .meta({ flag: '--shots <file>' }),
  listShots: z
    .string()
    .optional()
    .describe('render nothing; find the shots and write them as a file for --shots, beside it a picture of each')
    .meta({ flag: '--list-shots <file>' }),
  segment: z.int().min(50).default(500).describe('frames that are rendered in one piece: a kill loses no more than these'),
  crf: z.number().min(0).max(51).optional().describe('quality of the video, 0 best (default: 17, which looks like the original)'),
  encoderPreset: z
    .enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium', 'slow', 'slower', 'veryslow'])
    .default('veryfast')
    .describe('of x264 and x265: slower makes the file smaller')
    .meta({ flag: '--encoder-preset <name>' }),
  encoder: z
    .enum(['auto', 'prores', 'lossless', ...ENCODER_NAMES])
    .default('auto')
    .describe(
      'auto: H.264 (HEVC for footage of more than 8 bits, VP9 in WebM); prores and lossless: for the next step of a production; or an encoder of ffmpeg',
    )
    .meta({ flag: '--encoder <name>' }),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
  queue: z
    .string()
    .optional()
    .meta({ flag: '--queue <url>' })
    .describe('have the segments of a video rendered by dfk worker, on other machines too: redis://host:6379'),
  queueName: queueName.optional().describe(`name of the queue there (default: ${DEFAULT_QUEUE})`),
  detach: z.boolean().optional().describe('with --queue: do not wait until it is rendered'),
  ...signingOptions.shape,
})
/** What `dfk swap` was asked for. */
export type SwapAsked = z.output<typeof swapOptions>

/** What of it decides what is rendered, and so goes to whoever renders it; unknown keys are refused. `shots` is the file's text by then. */
export const renderingOptions = z.strictObject({
  ...swapOptions.omit({
    ...{ output: true, preview: true, device: true, queue: true, queueName: true, detach: true, listShots: true },
    ...{ noLabel: true, cert: true, key: true, keyPassphraseFile: true, tsa: true },
  }).shape,
  /** SHA-256 of the certificate that the output must be signed with. */
  signedBy: z.string().optional(),
  /** Whether it must be time-stamped. */
  wantsTime: z.boolean().optional(),
})
export type RenderingAsked = z.output<typeof renderingOptions>

/** What may differ from shot to shot. */
export const shotOptions = swapOptions.pick({
  ...{
    face: true,
    threshold: true,
    color: true,
    blend: true,
    mask: true,
    maskErode: true,
    maskBlur: true,
    occlusion: true,
    hair: true,
    retarget: true,
    matchDetail: true,
  },
  ...{ sharpen: true, enhance: true, grain: true, label: true },
})
export type ShotOptions = z.output<typeof shotOptions>
