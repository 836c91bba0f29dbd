import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Examined } from '../../src/detect/examine.ts'
import { renderDetectReport } from '../../src/detect/report.ts'
import type { Detected } from '../../src/detect/result.ts'
import { Shortlist } from '../../src/detect/shortlist.ts'
import { describe as inWords } from '../../src/detect/words.ts'
import { CALIBRATION } from './calibrated.ts'
import { DETECTED as detected } from './detected.ts'

function shortlistOf(examined: readonly Examined[]): Shortlist {
  const shortlist = new Shortlist()
  for (const one of examined) shortlist.add(one)
  return shortlist
}

/** The logit that the calibration of these tests reads as a probability. */
function logitOf(probability: number): number {
  return (Math.log(probability / (1 - probability)) - CALIBRATION.intercept) / CALIBRATION.slope
}

describe('the words', () => {
  it('do not let a file write lines of its own', () => {
    const marks = [{ kind: 'AIGC', where: 'tags', value: '1\n/evil.jpg: likely real\u001b[31m' }] as const
    const said = inWords({ ...detected, file: 'a\nb.mp4', provenance: { ...detected.provenance, marks: [...marks] } })
    expect(said).not.toContain('\u001b')
    expect(said.split('\n').filter((line) => line.startsWith('/evil') || line.startsWith('b.mp4'))).toEqual([])
  })
  it('say what an AIGC mark means, and show one of another make as it stands', () => {
    const words = (value: string) =>
      inWords({ ...detected, provenance: { ...detected.provenance, marks: [{ kind: 'AIGC', where: 'xmp', value }] } })
    expect(words('{"Label":"2","ContentProducer":"Studio","ProduceID":"7f","ContentPropagator":""}')).toContain(
      'AIGC mark in xmp: probably made by AI, by Studio, id 7f\n',
    )
    expect(words('{"Label":"9"}')).toContain('AIGC mark in xmp: label 9\n')
    expect(words('{"label":1}')).toContain('AIGC mark in xmp: {"label":1}\n')
  })
})

describe('the report', () => {
  let image: Buffer
  beforeAll(async () => {
    image = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#855' } })
      .jpeg()
      .toBuffer()
  })
  const render = (examined: Examined[], failed: { file: string; reason: string }[] = []) => {
    const { lines, detailed } = shortlistOf(examined)
    return renderDetectReport({ lines, detailed, failed, calibration: CALIBRATION, records: [], when: new Date('2026-11-24T20:00:00Z') })
  }

  it('says verdict, limits, timeline, faces, provenance, method, version and hash, and that no detector is certain', () => {
    const page = render([{ detected, crops: [{ ...detected.faces[0]!, image, isAllOver: false }] }])
    for (const text of [
      'Likely manipulated',
      '93 %',
      '3.0 %',
      '(5.0 % of files of other sources',
      'No detector is certain',
      'data:image/jpeg;base64,',
      '<svg',
      '1-test',
    ])
      expect(page).toContain(text)
    for (const text of ['d'.repeat(64), 'NOT intact (assertion.bmffHash.mismatch)', '00112233aabbccdd', 'consent of the target', 'AIGC'])
      expect(page).toContain(text)
    for (const text of [
      'declares that a trained model',
      'The network saw traces.',
      'Too few frames.',
      'second look',
      'Moments that stand out',
    ])
      expect(page).toContain(text)
  })

  it('says of several faces what moments and probability are of, so that neither contradicts the other', () => {
    const { box } = detected.faces[0]!
    const faces = [0, 10, 20, 30].flatMap((frame) =>
      [0.9, 0.1, 0.1].map((probability) => ({
        frame,
        timeS: frame / 25,
        sample: 'even' as const,
        box,
        logit: logitOf(probability),
        probability,
      })),
    )
    const group: Detected = {
      ...detected,
      probability: 0.2,
      verdict: 'likely-real',
      faces,
      moments: [{ ...detected.moments[0]!, probability: 0.8 }],
    }
    const page = render([{ detected: group, crops: [{ ...faces[0]!, image, isAllOver: true }] }])
    expect(page).toContain('>all faces of the frame together<')
    // The mean of odds of 9, 1/9 and 1/9 is 3.07: 75 %.
    expect(page).toContain('<td>0.40 s</td><td>90 %</td><td>75 %</td>')
    expect(page).toMatch(/mean of their odds.*that is no contradiction/)
    expect(page).toContain('The faces that read highest')
    expect(page).not.toContain('strongest evidence')
    expect(page).toContain('frame 0 · all over the face<')
    const alone = render([{ detected, crops: [] }])
    expect(alone).not.toMatch(/faces (of the frame )?together/)
  })

  it('names the band in the key of the curve, not over it', () => {
    const page = render([{ detected, crops: [] }])
    const svg = page.slice(page.indexOf('<svg'), page.indexOf('</svg>'))
    expect(svg).toContain('class="band"')
    expect(svg).not.toContain('band of')
    expect(page).toContain('inconclusive band of the file’s probability')
  })

  it('has a line for each of thousands of files, and all there is of the most suspicious', () => {
    const many = Array.from({ length: 300 }, (_, i): Examined => {
      const probability = i === 77 ? 0.99 : i / 400
      return { detected: { ...detected, file: `clip-${i}.mp4`, probability, sha256: `hash-${i}.` }, crops: [] }
    })
    const page = render(many)
    for (let i = 0; i < 300; i += 1) expect(page).toContain(`clip-${i}.mp4`)
    const shown = many.filter(({ detected: { sha256 } }) => page.includes(sha256)).map(({ detected: { file } }) => file)
    expect(shown).toEqual(['clip-77.mp4', ...Array.from({ length: 19 }, (_, i) => `clip-${281 + i}.mp4`)])
    expect(page.indexOf('clip-77.mp4')).toBeLessThan(page.indexOf('clip-299.mp4'))
  })

  it('escapes file names and asks nothing of the network', () => {
    const page = render([{ detected, crops: [] }])
    expect(page).not.toContain('<b>evil')
    expect(page).not.toMatch(/(src|href)="http/)
  })

  it('says of a picture without a face that there is nothing to judge, and lists what failed', () => {
    const none: Detected = { ...detected, kind: 'image', probability: null, verdict: 'no-face', faces: [], framesWithFace: 0 }
    const page = render([{ detected: none, crops: [] }], [{ file: 'broken.jpg', reason: 'damaged' }])
    expect(page).toContain('No face found')
    expect(page).toContain('broken.jpg')
    expect(page).not.toContain('Likely real')
  })

  it('has the same in a few lines of text, provenance beside the probability', () => {
    const text = inWords(detected)
    expect(text.split('\n')[0]).toBe(
      '/clips/<b>evil & co</b>.mp4: likely manipulated (probability of manipulation 93 %; 4 of 4 frames with a face); it declares itself synthetic',
    )
    expect(text).toMatch(/provenance: dfk watermark 00112233aabbccdd; resized or cropped since \(90 %\), turned by 2.1°/)
  })
})
