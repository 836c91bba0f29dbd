import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { DfkError, InterruptedError } from '../work/errors.ts'
import { isPlaylist } from './limits.ts'
import { ProcessFailure } from './process.ts'

const CLIP_HINT = 'check that the file opens in a video player'

/** The error for a file whose end is missing. */
export function truncatedError(path: string, cause?: unknown): DfkError {
  return new DfkError(`expected a whole video in ${path} but its end is missing (the file is truncated)`, {
    hint: 'copy or download it again',
    cause,
  })
}

/** Whether ffmpeg complained that the file ends too early. */
export function saysTruncated(line: string): boolean {
  return /moov atom not found|partial file|File ended prematurely|Packet corrupt.*EOF|Truncating packet/i.test(line)
}

/** Whether ffmpeg gave up since the file ends too early. */
export function endsEarly(failure: unknown): boolean {
  return failure instanceof ProcessFailure && failure.log.some(saysTruncated)
}

/** ffmpeg misses the index (`moov`) in anything that is named .mp4, also in a text. */
function startsLikeMp4(path: string): boolean {
  const head = Buffer.alloc(8)
  const file = openSync(path, 'r')
  try {
    readSync(file, head)
  } finally {
    closeSync(file)
  }
  return ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'].includes(head.toString('latin1', 4))
}

function plain(line: string): string {
  return line
    .replace(/\[[^\]]*\]\s*/g, '')
    .replace(/^file:/, '')
    .trim()
}

/** Turns what ffmpeg or ffprobe said about reading `path` into one line for the user. */
export function readFailure(path: string, failure: unknown): unknown {
  if (!(failure instanceof ProcessFailure)) return failure
  const log = failure.log.join('\n')
  if (/received signal|SIGINT|SIGTERM/.test(`${log}\n${failure.message}`) || /aborted/i.test(failure.message)) return new InterruptedError()
  if (endsEarly(failure) && (!/moov atom not found/.test(log) || startsLikeMp4(path))) return truncatedError(path, failure)
  if (failure.crashed)
    return new DfkError(`expected ffprobe to read ${path} but it crashed; the build from npm does so on some formats`, {
      hint: "install ffmpeg with your system's package manager",
      cause: failure,
    })
  if (/Protocol .* not on whitelist|Protocol .* not allowed/i.test(log) || (/Format not on whitelist/i.test(log) && isPlaylist(path)))
    return new DfkError(`expected footage in ${path} itself but it refers to other files or to the network`, {
      hint: 'download the clip and give dfk the file',
      cause: failure,
    })
  if (
    /not on whitelist|Invalid data found|moov atom not found|could not find codec|Unknown format|matches no streams|Error opening input/i.test(
      log,
    )
  )
    return new DfkError(`expected a video or an image but ${path} is neither, or is damaged`, { hint: CLIP_HINT, cause: failure })
  if (/killed with signal/i.test(failure.message))
    return new DfkError(`expected to decode ${basename(path)} but ffmpeg was killed`, {
      hint: 'run the same command again; if it happens again, see whether memory is short',
      cause: failure,
    })
  const last = failure.log.findLast((line) => /error|invalid|fail|unable|cannot/i.test(line)) ?? failure.message
  return new DfkError(`expected to decode ${basename(path)} but ffmpeg stopped: ${plain(last)}`, { hint: CLIP_HINT, cause: failure })
}

/** Turns what ffmpeg said about writing `path` into one line for the user. */
export function writeFailure(path: string, failure: unknown): unknown {
  if (!(failure instanceof ProcessFailure)) return failure
  const log = failure.log.join('\n')
  if (/received signal/.test(log)) return new InterruptedError()
  if (/File too large|SIGXFSZ/.test(`${log}\n${failure.message}`))
    return new DfkError(`expected to write all of ${path} but files may not grow so large here`, {
      hint: 'raise the limit (ulimit -f), or choose another disk with -o',
      cause: failure,
    })
  if (/No space left on device|Disk quota exceeded/i.test(log))
    return new DfkError(`expected room to write ${path} but the disk is full`, {
      hint: 'free some space and run the same command again',
      cause: failure,
    })
  if (/Permission denied|Read-only file system/i.test(log))
    return new DfkError(`expected to write ${path} but there is no permission`, { hint: 'choose another place with -o', cause: failure })
  if (
    /Unknown encoder|No capable devices|Cannot load|No device available|Error initializing output stream|Error while opening encoder|Device creation failed|No VA display/i.test(
      log,
    )
  ) {
    const reason =
      failure.log.find((line) => /cannot load|no capable|no device|no VA display|unknown encoder|\[error\]/i.test(line)) ?? failure.message
    return new DfkError(`expected a working video encoder for ${path} but ffmpeg said: ${plain(reason)}`, {
      hint: 'leave --encoder out, or see `dfk doctor` for the encoders of this machine',
      cause: failure,
    })
  }
  const last = failure.log.findLast((line) => /error|invalid|fail|unable|cannot/i.test(line)) ?? failure.message
  return new DfkError(`expected to encode ${basename(path)} but ffmpeg stopped: ${plain(last)}`, {
    hint: 'run the command again; if it stays, try another --encoder',
    cause: failure,
  })
}
