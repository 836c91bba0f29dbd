import type { Detected } from '../../src/detect/result.ts'

const box = { x: 10, y: 20, width: 120, height: 120 }
/** A clip with all that can be found in one. */
export const DETECTED: Detected = {
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
      footage: { name: 'x.mp4', sha256: 'e'.repeat(64) },
      consent: [{ role: 'target', hash: 'c'.repeat(64), scope: 'a test' }],
    },
    marks: [{ kind: 'AIGC', where: 'tags', value: '{"Label":"1"}' }],
    declaresSynthetic: true,
    watermark: { id: '00112233aabbccdd', confidence: 1, scale: 0.9, turnDegrees: 2.1 },
  },
  witnesses: [
    { witness: 'network', probability: 0.93, counted: true, says: 'The network saw traces.' },
    { witness: 'temporal', probability: null, counted: false, says: 'Too few frames.' },
  ],
  faces: [
    ...[0, 10, 20, 30].map((frame) => ({ frame, timeS: frame / 25, sample: 'even' as const, box, logit: 2.4, probability: 0.93 })),
    { frame: 13, timeS: 13 / 25, sample: 'around' as const, box, logit: 3, probability: 0.97 },
  ],
  moments: [{ frame: 10, timeS: 0.4, fromS: 0.4, toS: 0.52, probability: 0.97 }],
  framesExamined: 4,
  framesWithFace: 4,
  width: 640,
  height: 360,
  durationS: 1.6,
  sha256: 'd'.repeat(64),
  detector: '1-test',
}
