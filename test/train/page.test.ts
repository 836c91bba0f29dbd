import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { PRESETS } from '../../src/models/presets.ts'
import type { RunConfig } from '../../src/store/checkpoint.ts'
import { renderTrainPage } from '../../src/train/page.ts'
import { describeValidation } from '../../src/train/validations.ts'
import { historyOf, statsOf } from './history.ts'

const NASTY = `<script>alert("x")</script>'&`
const party = {
  dataset: NASTY,
  consentHash: 'h',
  subject: NASTY,
  descriptor: new Array<number>(128).fill(0.125),
  facesSha256: 'f',
  faces: 9,
}
const { generator, discriminator, batch, training } = PRESETS.quick
const config: RunConfig = {
  ...{ schema: 1, name: NASTY, preset: 'quick', generator: structuredClone(generator) as RunConfig['generator'], discriminator },
  ...{ sizePx: 64, framing: 'whole-face/1', landmarks: 'facemesh', seed: 1, batch, accumulate: 1, precision: 'float32', flip: false },
  ...{ training, style: 'balanced', source: party, target: party },
}
const bins = { from: -30, step: 10, counts: [1, 5, 9, 5, 1] }
const person = { faces: 21, yaw: bins, pitch: bins, mouthOpen: 3, eyesClosed: 2 }
const coverage = { source: person, target: person, covered: 0.87, warnings: [NASTY] }

function pageOf(count: number, ended = false): string {
  const validations = historyOf(Array.from({ length: count }, (_, i) => ({ ssim: 0.9 + i / 1e6 }))).map((one) => ({
    ...one,
    advice: [NASTY],
  }))
  const stats = statsOf(500 * count, (step) => 1 / step, {
    adversarial: 0.7,
    discriminator: 0.6,
    codeDiscriminator: 0.5,
    waitShare: 0.01,
  } as object)
  const previews = validations.map(({ step }) => `step-${String(step).padStart(6, '0')}.png`)
  return renderTrainPage({ name: NASTY, config }, { validations, stats, previews, coverage, ended })
}

describe('train.html', () => {
  const page = pageOf(12)

  it('never lets text become markup, and runs its own script alone', () => {
    const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map((match) => match[1]!)
    expect(scripts).toHaveLength(1)
    const hash = createHash('sha256').update(scripts[0]!).digest('base64')
    expect(page).toContain(`script-src 'sha256-${hash}'`)
    expect(page).not.toContain('alert("x")')
    expect(() => new Function(scripts[0]!)).not.toThrow()
  })

  it('needs nothing but the previews beside it', () => {
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]!)
    expect(addresses.length).toBeGreaterThan(0)
    expect(addresses.every((address) => /^previews\/step-\d+\.png$/.test(address))).toBe(true)
    expect(page).not.toMatch(/https?:\/\//)
  })

  it('closes every element that it opens', () => {
    const body = page.replace(/<script>.*?<\/script>/gs, '').replace(/<style>.*?<\/style>/gs, '')
    const open: string[] = []
    for (const [, close, name, self] of body.matchAll(/<(\/?)([a-z0-9]+)(?:\s[^>]*?)?(\/?)>/g)) {
      if (self === '/' || ['meta', 'input', 'img', 'br'].includes(name!)) continue
      if (close === '/') expect(open.pop()).toBe(name)
      else open.push(name!)
    }
    expect(open).toEqual([])
  })

  it('has a slider with a label over the previews, at the newest', () => {
    expect(page).toMatch(/<label for="when">Step <output id="step" for="when">6000<\/output>/)
    expect(page).toMatch(/<input type="range" id="when" min="0" max="11" value="11"/)
    expect(page).toContain('src="previews/step-006000.png"')
  })

  it('draws what is cross-entropy apart from the other losses', () => {
    const [, losses, contest] = /Losses on training faces(.*?)Adversarial losses \(0\.69: guessing\)(.*?)Learning rate/s.exec(page)!
    for (const name of ['adversarial', 'discriminator', 'codeDiscriminator']) expect(contest).toContain(name)
    expect(losses).not.toMatch(/discriminator/i)
    expect(losses).toContain('source')
  })

  it('shows curves, facesets, settings and advice, but no descriptor', () => {
    for (const title of [
      'SSIM of unseen faces',
      'PSNR',
      'Identity of the swap',
      'Losses',
      'Learning rate',
      'Milliseconds',
      'waits for faces',
      'Yaw',
    ])
      expect(page).toContain(title)
    expect(page).toContain('source, always the mean face')
    expect(page).toContain('87 %')
    expect(page).toContain('training.augmentation')
    expect(page).toMatch(/GAN: can come on/)
    expect(page).not.toContain('0.125')
  })

  it('loads itself again while training goes on, and no longer once it has ended', () => {
    expect(page).toContain('<meta http-equiv="refresh" content="30">')
    expect(pageOf(12, true)).not.toContain('http-equiv="refresh"')
  })

  it('stays small however long the run', () => {
    const long = pageOf(4000)
    expect(long.length).toBeLessThan(300_000)
    expect(/data-steps="([^"]*)"/.exec(long)![1]!.split(' ')).toHaveLength(200)
    expect(long).toContain('value="199"')
  })

  it('shows a single validation as dots that can be seen', () => {
    const one = pageOf(1)
    const of = (title: string) => one.slice(one.indexOf(`<b>${title}`)).split('</figure>')[0]!
    expect(of('SSIM of unseen faces').match(/<circle class="dot"/g)).toHaveLength(2)
    expect(of('Identity of the swap').match(/<circle class="dot"/g)).toHaveLength(1)
    expect(pageOf(20)).toMatch(/<b>SSIM of unseen faces<\/b>(?:(?!<\/figure>|<circle).)*<\/figure>/s)
  })

  it('says that identity is by another recogniser than that of dfk score', () => {
    expect(page).toContain('not by dfk score’s recogniser')
    expect(page).toContain('Identity of the swap by training’s recogniser')
    const validation = historyOf([{ ssim: 0.9 }])[0]!.validation
    const lines = describeValidation(validation).split('\n')
    expect(lines.slice(-2).join(' ')).toMatch(/identity is by training's own recogniser.*dfk score judges by another/)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('of a run that has just begun says so', () => {
    const empty = renderTrainPage({ name: 'new', config }, { validations: [], stats: [], previews: [], ended: false })
    expect(empty).toContain('Nothing has been validated yet')
    expect(empty.replace(/<script>.*<\/script>/s, '')).not.toMatch(/NaN|Infinity|undefined/)
  })
})
