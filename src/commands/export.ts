import { resolve } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../work/errors.ts'
import { defineCommand } from './command.ts'

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'write the generator for other tools (needs consent to generate, and to pass rights on where others are to have it)',
  args: [{ name: '<run>', help: 'name of a trained run' }],
  options: z.object({
    format: z.enum(['onnx', 'dfm']).default('onnx').describe('onnx: our own framing, RGB; dfm: for DeepFaceLive and FaceFusion, BGR'),
    output: z.string().optional().describe('file to write (default: <run>.onnx or .dfm)').meta({ flag: '-o, --output <file>' }),
    use: z
      .enum(['private', 'sublicense'])
      .default('private')
      .describe('sublicense: the model may be handed to others, if the records grant that; the file says which')
      .meta({ flag: '--use <name>' }),
    project: z.string().optional().describe('the project that it is for, which the records must be for too'),
    media: z.array(z.string()).default([]).describe('where it will be used; needed to sublicense where a record limits it'),
    territory: z.array(z.string()).default([]).describe('in which countries; needed to sublicense where a record limits it'),
    batch: z.int().min(1).max(64).default(1).describe('faces that the model takes at once'),
    checkpoint: z
      .int()
      .min(1)
      .optional()
      .describe('step of the checkpoint to export (default: the newest)')
      .meta({ flag: '--checkpoint <step>' }),
  }),
  example: 'dfk export my-run --format onnx -o my-run.onnx',
  writes: true,
  async run(context, [name], { format, output, batch, checkpoint, use, project, media, territory }) {
    const { exportGenerator, permitExport } = await import('../train/export.ts')
    const permitted = await permitExport(
      context.home,
      name as string,
      { handOn: use === 'sublicense', use: { project, media, territory } },
      { log: context.dryRun ? 'nothing' : 'all' },
    )
    const { run } = permitted
    const file = resolve(output ?? `${run.name}.${format}`)
    if (!file.endsWith(`.${format}`))
      throw new UsageError(`expected a file that ends in .${format} but found ${file}`, { hint: `-o ${run.name}.${format}` })
    if (context.dryRun) {
      context.result({ file, format, run: run.name, batch }, `would write ${file}`)
      return
    }
    const result = await context.work(`exporting ${run.name}`, ({ signal }) =>
      exportGenerator({ permitted, file, format, batch, checkpoint, signal, onWarning: context.warn }),
    )
    const ports = [...result.inputs.map((port) => ['in', port] as const), ...result.outputs.map((port) => ['out', port] as const)]
    const lines = ports.map(([way, port]) => `  ${way.padEnd(3)} ${port.name} [${port.shape.join(', ')}] ${port.about}`)
    context.result(result, [`${result.file}: ${result.run} at step ${result.step}; faces framed as ${result.framing}`, ...lines].join('\n'))
  },
})
