import { generateKeyPairSync } from 'node:crypto'
import sharp from 'sharp'
import { consentHash } from '../../src/consent/index.ts'
import type { SignedConsent } from '../../src/consent/record.ts'
import { signConsent } from '../../src/consent/signed.ts'
import { trustKey } from '../../src/consent/trust.ts'
import { type Random, seedRandom } from '../../src/models/random.ts'
import { addSource, createAligned, createDataset } from '../../src/store/dataset.ts'

const DAY = 86_400_000

/** A descriptor that stands for a person of that name. */
export function descriptorOf(name: string): number[] {
  const random = seedRandom([...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7))
  return Array.from({ length: 128 }, () => 0.1 * random.normal())
}

/** A signed record for an invented person; `change` edits the draft before it is signed. */
export function consentFor(subject: string, change: (record: SignedConsent['record']) => void = () => {}): SignedConsent {
  const now = new Date()
  const record: SignedConsent['record'] = {
    schema: 1,
    kind: 'subject',
    id: `record-${subject}`,
    issuedAt: now.toISOString(),
    subject: { id: subject, status: 'adult' },
    signer: { role: 'self' },
    controller: 'tests',
    grants: { collect: true, train: true, generate: true, publish: false, sublicense: false },
    scope: {
      description: 'Drawn faces for the tests of this project',
      project: 'tests',
      footage: [],
      footageBinds: [],
      media: ['test'],
      territory: ['world'],
      prohibited: [],
    },
    limits: { notBefore: new Date(now.getTime() - DAY).toISOString(), notAfter: new Date(now.getTime() + DAY).toISOString() },
    biometric: { model: 'face-api-128', threshold: 0.5, references: [descriptorOf(subject)] },
    disclosure: { visibleLabel: true, c2pa: true, watermark: true },
    revocation: {},
  }
  change(record)
  return signConsent({ record }, generateKeyPairSync('ed25519').privateKey, now)
}

export interface FacesetOptions {
  readonly count?: number
  readonly sizePx?: number
  readonly framing?: string
  readonly aligned?: boolean
  readonly consent?: SignedConsent
  readonly descriptor?: number[]
}

/** An aligned dataset of drawn faces, its consent's key trusted in the home: an oval with eyes and a mouth that move, in colours of the name's own. */
export async function makeFaceset(home: string, name: string, options: FacesetOptions = {}): Promise<void> {
  const {
    count = 20,
    sizePx = 64,
    framing = 'whole-face/1',
    aligned = true,
    consent = consentFor(name),
    descriptor = descriptorOf(name),
  } = options
  await trustKey(home, new Date(), { publicKey: consent.record.signer.publicKey!, name })
  const dataset = await createDataset(home, name, {
    hash: consentHash(consent),
    subject: consent.record.subject.id,
    text: JSON.stringify(consent),
  })
  await addSource(dataset, { file: `${name}.mp4`, sha256: '0'.repeat(64), width: 320, height: 240, fps: 25 })
  if (!aligned) return
  const writer = await createAligned(dataset)
  const random = seedRandom(name.length)
  const skin = [0, 1, 2].map((channel) => 120 + 100 * Math.abs(descriptor[channel]!) * 5)
  for (let frame = 0; frame < count; frame += 1) {
    const { image, mask } = await drawFace(sizePx, skin, random)
    await writer.add(
      {
        id: `f${frame}`,
        image: `aligned/f${frame}.png`,
        mask: `aligned/f${frame}.mask.png`,
        sizePx,
        matrix: { a: 1, b: 0, tx: 0, c: 0, d: 1, ty: 0 },
        points68: Array.from({ length: 136 }, () => sizePx / 2),
        pose: { yaw: 0, pitch: 0, roll: 0 },
        sharpness: 1,
        source: `${name}.mp4`,
        frame,
        timeS: frame / 25,
        descriptor,
      },
      image,
      mask,
    )
  }
  await writer.commit({
    landmarks: 'facemesh',
    framing,
    sheet: await sharp({ create: { width: 8, height: 8, channels: 3, background: 'black' } })
      .png()
      .toBuffer(),
  })
}

async function drawFace(size: number, skin: readonly number[], random: Random): Promise<{ image: Buffer; mask: Buffer }> {
  const [cx, cy] = [size * (0.5 + 0.03 * random.normal()), size * 0.5]
  const open = size * (0.02 + 0.05 * random.uniform())
  const colour = `rgb(${skin.map(Math.round).join()})`
  const face = (fill: string) => `<ellipse cx="${cx}" cy="${cy}" rx="${size * 0.32}" ry="${size * 0.42}" fill="${fill}"/>`
  const dots = [-0.13, 0.13].map((x) => `<circle cx="${cx + x * size}" cy="${cy - size * 0.1}" r="${size * 0.05}" fill="#123"/>`).join('')
  const mouth = `<ellipse cx="${cx}" cy="${cy + size * 0.2}" rx="${size * 0.12}" ry="${open}" fill="#922"/>`
  const svg = (inside: string) =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><rect width="${size}" height="${size}" fill="black"/>${inside}</svg>`,
    )
  return {
    image: await sharp(svg(`<rect width="${size}" height="${size}" fill="#556"/>${face(colour)}${dots}${mouth}`))
      .removeAlpha()
      .png()
      .toBuffer(),
    mask: await sharp(svg(face('white')))
      .removeAlpha()
      .toColourspace('b-w')
      .png()
      .toBuffer(),
  }
}
