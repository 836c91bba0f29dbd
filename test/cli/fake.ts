import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Entry } from '../../src/cli/entries.ts'
import { type Command, defineCommand } from '../../src/commands/command.ts'
import { checkInterrupted, DfkError, RefusedError } from '../../src/work/errors.ts'

const none = { args: [], writes: false, options: z.object({}) }

function failing(name: string, error: () => unknown): Command {
  return defineCommand({
    ...none,
    name,
    summary: `fail: ${name}`,
    example: `dfk ${name}`,
    run: async () => {
      throw error()
    },
  })
}

const measure = defineCommand({
  name: 'measure',
  summary: 'measure something',
  args: [
    { name: '<clip>', help: 'what to measure' },
    { name: '[others...]', help: 'more of them' },
  ],
  writes: true,
  example: 'dfk measure clip.mp4 --name a',
  options: z.object({
    name: z.string().describe('what to call it'),
    every: z.int().min(1).max(100).default(5).describe('use every nth frame'),
    device: z.enum(['auto', 'cpu']).default('auto').describe('where to run'),
    minFace: z.number().min(16).optional().describe('smallest face, pixels'),
    sharp: z
      .union([z.number().min(0).max(3), z.literal('auto')])
      .default('auto')
      .describe('how sharp'),
    crop: z.boolean().default(true).describe('crop it'),
    deep: z.boolean().default(false).describe('look deeper'),
    still: z.array(z.string()).default([]).describe('pictures'),
    output: z.string().optional().describe('where to').meta({ flag: '-o, --output <file>' }),
  }),
  async run(context, args, options) {
    const { json, quiet, dryRun, home } = context
    context.note('a note')
    context.warn('a warning')
    context.result({ args, options, json, quiet, dryRun, home }, `measured ${args[0]}`)
  },
})

const slow = defineCommand({
  ...none,
  name: 'slow',
  summary: 'take a while',
  example: 'dfk slow',
  options: z.object({
    steps: z.int().default(400).describe('how long'),
    deaf: z.boolean().default(false).describe('never stop'),
    endless: z.boolean().default(false).describe('no total'),
  }),
  async run(context, _args, { steps, deaf, endless }) {
    await context.work('working', async ({ signal, onProgress }) => {
      for (let done = 0; done <= steps; done++) {
        if (!deaf) checkInterrupted(signal, 'run the same command again to go on')
        onProgress(endless ? { done } : { done, total: steps, note: 'loss 0.123' })
        if (done === 3) context.note('three are done')
        await sleep(25)
      }
    })
    context.result({ done: steps }, 'finished')
  },
})

const flood = defineCommand({
  ...none,
  name: 'flood',
  summary: 'print a lot',
  example: 'dfk flood',
  async run(context) {
    for (let i = 0; ; i++) {
      checkInterrupted(context.signal)
      context.result({ i }, `line ${i}`)
      if (i % 100 === 0) await sleep(1)
    }
  },
})

const box = {
  name: 'box',
  summary: 'things to do with a box',
  example: 'dfk box open it\ndfk box close it',
  commands: [
    { ...measure, name: 'open', example: 'dfk box open it --name a' },
    { ...measure, name: 'close' },
  ],
}

const SINGLE: readonly Command[] = [
  measure,
  slow,
  flood,
  failing('fail', () => new DfkError('expected a video but found a cat', { hint: 'use another file' })),
  failing('refuse', () => new RefusedError('grants.train', 'the record does not allow training', { hint: 'ask the subject' })),
  failing('full', () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })),
  failing('locked', () => Object.assign(new Error("EACCES: permission denied, open '/x'"), { code: 'EACCES' })),
  failing('crash', () => new TypeError('x is not a function', { cause: new Error('the reason') })),
  failing('string', () => 'just text'),
]

/** Small commands that behave in every way that a command can. */
export const FAKES: readonly Entry[] = [
  ...SINGLE.map((command) => ({ name: command.name, summary: command.summary, load: async () => command })),
  { name: 'box', summary: box.summary, load: async () => box },
]
