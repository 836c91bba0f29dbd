import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Examined } from '../../src/detect/examine.ts'
import { renderDetectReport } from '../../src/detect/report.ts'
import type { Detected } from '../../src/detect/result.ts'
import { describe as inWords } from '../../src/detect/words.ts'
import { CALIBRATION } from './calibrated.ts'

const box = { x: 10, y: 20, width: 120, height: 120 }
const detected: Detected = {
  file: '/clips/<b>evil & co</b>.mp4',
  kind: 'video',
  probability: 0.93,
  verdict: 'likely-manipulated',
  note: undefined,
  provenance: {
    c2pa: {
      file: 'x.mp4',
      state: 'invalid',
      problems: ['assertion.bmffHash.mismatch'],
      title: 'x',
      generator: 'dfk 0.1.0',
      issuer: 'dfk',
      signedAt: undefined,
      actions: ['c2pa.opened', 'c2pa.edited'],
      digitalSourceTypes: [],
      outputId: '00112233aabbccdd',
      consent: [{ role: 'target', hash: 'c'.repeat(64), scope: 'a test' }],
    },
    marks: [{ kind: 'AIGC', where: 'tags', value: '{"Label":"1"}' }],
    declaresSynthetic: true,
    watermark: { id: '00112233aabbccdd', confidence: 1, scale: 0.9, turnDegrees: 2.1 },
  },
  faces: [0, 10, 20, 30].map((frame) => ({ frame, timeS: frame / 25, box, probability: 0.93 })),
  framesExamined: 4,
  framesWithFace: 4,
  width: 640,
  height: 360,
  durationS: 1.6,
  sha256: 'd'.repeat(64),
  detector: '1-test',
}

describe('the report', () => {
  let image: Buffer
  beforeAll(async () => {
    image = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#855' } })
      .jpeg()
      .toBuffer()
  })
  const render = (examined: Examined[], failed: { file: string; reason: string }[] = []) =>
    renderDetectReport({ examined, failed, calibration: CALIBRATION, when: new Date('2026-11-24T20:00:00Z') })

  it('says verdict, limits, timeline, faces, provenance, method, version and hash, and that no detector is certain', () => {
    const page = render([{ detected, crops: [{ ...detected.faces[0]!, image }] }])
    for (const text of ['Likely manipulated', '93 %', '3.0 %', 'No detector is certain', 'data:image/jpeg;base64,', '<svg', '1-test'])
      expect(page).toContain(text)
    for (const text of ['d'.repeat(64), 'NOT intact (assertion.bmffHash.mismatch)', '00112233aabbccdd', 'consent of the target', 'AIGC'])
      expect(page).toContain(text)
  })

  it('escapes file names and asks nothing of the network', () => {
    const page = render([{ detected, crops: [] }])
    expect(page).not.toContain('<b>evil')
    expect(page).not.toMatch(/(src|href)="http/)
  })

  it('says of a picture without a face that there is nothing to judge, and lists what failed', () => {
    const none: Detected = { ...detected, kind: 'image', probability: null, verdict: 'inconclusive', faces: [], framesWithFace: 0 }
    const page = render([{ detected: none, crops: [] }], [{ file: 'broken.jpg', reason: 'damaged' }])
    expect(page).toContain('No face found')
    expect(page).toContain('broken.jpg')
    expect(page).not.toContain('Likely real')
  })

  it('has the same in a few lines of text, provenance beside the probability', () => {
    const text = inWords(detected)
    expect(text.split('\n')[0]).toBe(
      '/clips/<b>evil & co</b>.mp4: likely manipulated (probability of manipulation 93 %; 4 of 4 frames with a face)',
    )
    expect(text).toMatch(/provenance: dfk watermark 00112233aabbccdd; resized or cropped since \(90 %\), turned by 2.1°/)
  })
})
