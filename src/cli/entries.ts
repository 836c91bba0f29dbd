import type { Command, CommandGroup } from '../commands/command.ts'

/** A subcommand by name and summary; the module behind it loads when it is called. */
export interface Entry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command | CommandGroup>
}

/** All subcommands, in the order of `dfk --help`. `dfk --version` must not wait for a tensor library, so none is imported here. */
export const ENTRIES: readonly Entry[] = [
  { name: 'doctor', summary: 'say what works here and what is missing', load: async () => (await import('../commands/doctor.ts')).doctor },
  {
    name: 'consent',
    summary: 'write, sign, check and revoke consent records',
    load: async () => (await import('../commands/consent.ts')).consent,
  },
  { name: 'collect', summary: "find a person's faces in footage", load: async () => (await import('../commands/collect.ts')).collect },
  { name: 'align', summary: 'turn a dataset into an aligned faceset', load: async () => (await import('../commands/align.ts')).align },
  { name: 'train', summary: 'train a double: generator and discriminator', load: async () => (await import('../commands/train.ts')).train },
  {
    name: 'swap',
    summary: 'render the double into a clip, an image or a folder',
    load: async () => (await import('../commands/swap.ts')).swap,
  },
  { name: 'worker', summary: 'render segments of a queue', load: async () => (await import('../commands/worker.ts')).worker },
  { name: 'detect', summary: 'score files for evidence of manipulation', load: async () => (await import('../commands/detect.ts')).detect },
  { name: 'eval', summary: 'measure dfk detect on labelled files', load: async () => (await import('../commands/eval.ts')).evalCommand },
  { name: 'score', summary: 'measure how good a swap is', load: async () => (await import('../commands/score.ts')).score },
  {
    name: 'export',
    summary: 'write the generator for other tools',
    load: async () => (await import('../commands/export.ts')).exportCommand,
  },
]
