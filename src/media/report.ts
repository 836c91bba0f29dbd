import { z } from 'zod'

const streamSchema = z.looseObject({
  codec_type: z.string().optional(),
  codec_name: z.string().default('unknown'),
  width: z.number().optional(),
  height: z.number().optional(),
  pix_fmt: z.string().default('unknown'),
  sample_aspect_ratio: z.string().optional(),
  avg_frame_rate: z.string().default('0/0'),
  r_frame_rate: z.string().default('0/0'),
  time_base: z.string().default('1/1000'),
  nb_frames: z.string().optional(),
  nb_read_packets: z.string().optional(),
  duration: z.string().optional(),
  start_time: z.string().optional(),
  channels: z.number().default(0),
  sample_rate: z.string().default('0'),
  color_space: z.string().optional(),
  color_primaries: z.string().optional(),
  color_transfer: z.string().optional(),
  color_range: z.string().optional(),
  index: z.number().default(0),
  codec_tag_string: z.string().default(''),
  field_order: z.string().optional(),
  chroma_location: z.string().optional(),
  disposition: z.record(z.string(), z.number()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  side_data_list: z.array(z.looseObject({ rotation: z.number().optional() })).optional(),
})

/** What ffprobe says of a file, as far as it is read here. */
export const reportSchema = z.looseObject({
  streams: z.array(streamSchema).default([]),
  chapters: z
    .array(z.looseObject({ start_time: z.string(), end_time: z.string(), tags: z.record(z.string(), z.string()).optional() }))
    .default([]),
  format: z
    .looseObject({
      format_name: z.string().default(''),
      duration: z.string().optional(),
      start_time: z.string().optional(),
      tags: z.record(z.string(), z.string()).optional(),
    })
    .prefault({}),
})
export type MediaReport = z.output<typeof reportSchema>
export type StreamReport = z.output<typeof streamSchema>
