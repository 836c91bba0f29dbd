import type { Rational } from './probe.ts'

/** The time code `frames` later, dropped numbers skipped (SMPTE ST 12-1); `text` as `01:00:00:00`, or `;` before the frames for drop frame. */
export function advanceTimecode(text: string, frames: number, fps: Rational): string {
  const match = /^(\d\d):(\d\d):(\d\d)([:;.])(\d\d+)$/.exec(text)
  if (match === null) throw new Error(`expected a time code but received ${text}`)
  const [hours, minutes, seconds, frame] = [match[1], match[2], match[3], match[5]].map(Number) as [number, number, number, number]
  const rate = Math.max(1, Math.round(fps.num / fps.den))
  const dropped = match[4] === ':' ? 0 : Math.round(rate / 15)
  const minute = 60 * hours + minutes
  const skippedBefore = dropped * (minute - Math.floor(minute / 10))
  const perTen = 600 * rate - 9 * dropped
  const day = 144 * perTen
  const number = ((minute * 60 + seconds) * rate + frame - skippedBefore + frames) % day
  const [tens, rest] = [Math.floor(number / perTen), number % perTen]
  const perMinute = 60 * rate - dropped
  const skipped = dropped * (9 * tens + (rest < 60 * rate ? 0 : Math.floor((rest - 60 * rate) / perMinute) + 1))
  const shown = number + skipped
  const part = (value: number) => String(value).padStart(2, '0')
  const whole = Math.floor(shown / rate)
  return `${part(Math.floor(whole / 3600))}:${part(Math.floor(whole / 60) % 60)}:${part(whole % 60)}${match[4]}${part(shown % rate)}`
}
