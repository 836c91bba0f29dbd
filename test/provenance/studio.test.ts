import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writePicture } from '../../src/media/index.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { askTimeStamp, fingerprintOf, openStudioSigner, readProvenance, stampOutput } from '../../src/provenance/index.ts'
import type { Signing } from '../../src/provenance/types.ts'
import { UsageError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { hasOpenssl, makeStudio, openAuthority, type Studio, type StudioWish, type TimeStampAuthority } from './authority.ts'

const folder = scratchFolder('studio')
const at = (name: string) => join(folder, name)
// Certificates that are made below are valid from then on.
const now = new Date(Date.now() + 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  const picture = createPicture(200, 120)
  picture.data.forEach((_, i) => {
    picture.data[i] = (i * 31) % 251
  })
  await writePicture(at('plain.png'), picture)
})

async function stamp(name: string, signing: Signing) {
  copyFileSync(at('plain.png'), at(name))
  const request = { outputId: '00112233445566ff', title: name, consent: [], model: { name: 'my-run', sha256: 'c'.repeat(64) } }
  return stampOutput({ ...request, file: at(name), parent: at('plain.png'), home: folder, signing })
}

describe.skipIf(!hasOpenssl)('a studio signs with its own certificate', () => {
  it.each(['P-256', 'P-384', 'Ed25519'] as const)('%s', async (kind) => {
    const studio = makeStudio(at(kind), { kind })
    const summary = await stamp(`${kind}.png`, { signer: openStudioSigner(studio, now) })
    expect(summary).toMatchObject({ issuer: 'Studio Example', anchor: undefined, timeStamped: false })
    const found = await readProvenance(at(`${kind}.png`), studio.root)
    expect(found.c2pa).toMatchObject({ state: 'trusted', problems: [], issuer: 'Studio Example', signedAt: undefined })
    expect(found.marks.find(({ kind: mark }) => mark === 'AIGC')?.value).toContain('"ContentProducer":"Studio Example"')
    const stranger = makeStudio(at(`${kind}-other`))
    expect((await readProvenance(at(`${kind}.png`), stranger.root)).c2pa?.state).toBe('valid')
  })

  it('opens an encrypted key', () => {
    const studio = makeStudio(at('locked'), { passphrase: 'wind' })
    expect(openStudioSigner({ ...studio, passphrase: 'wind' }, now).chain).toHaveLength(2)
    expect(() => openStudioSigner({ ...studio, passphrase: 'rain' }, now)).toThrow(/a key that this passphrase does not open/)
    expect(() => openStudioSigner(studio, now)).toThrow(/expected a passphrase/)
  })

  it('refuses to sign with another certificate than was asked for, or without a time', async () => {
    const signer = openStudioSigner(makeStudio(at('asked')), now)
    const other = openStudioSigner(makeStudio(at('asked-other')), now)
    await expect(stamp('asked.png', { signer, signedBy: fingerprintOf(signer) })).resolves.toBeDefined()
    await expect(stamp('asked.png', { signer, signedBy: fingerprintOf(other) })).rejects.toThrow(/but found another here/)
    await expect(stamp('asked.png', { signedBy: fingerprintOf(other) })).rejects.toThrow(/but found none here/)
    await expect(stamp('asked.png', { wantsTime: true })).rejects.toThrow(/expected a time-stamp authority/)
    expect(readFileSync(at('asked.png')).equals(readFileSync(at('plain.png')))).toBe(true)
  })
})

describe.skipIf(!hasOpenssl)('what C2PA or readers would not take is refused, in one line', () => {
  const wishes: [string, StudioWish, RegExp][] = [
    ['an expired certificate', { days: -1 }, /--cert: expected a certificate that is valid now but found one valid until/],
    ['no digitalSignature', { usage: 'critical,keyEncipherment' }, /key usage digitalSignature .* but found none/],
    ['no key usage', { usage: '' }, /key usage digitalSignature/],
    ['no extended key usage', { purposes: '' }, /extended key usage .* but found none/],
    ['another extended key usage', { purposes: 'serverAuth' }, /but found 1\.3\.6\.1\.5\.5\.7\.3\.1/],
    ['a forbidden extended key usage', { purposes: 'emailProtection,timeStamping' }, /which it forbids/],
    ['an RSA key', { kind: 'RSA' }, /--key: expected a key of P-256, P-384, P-521 or Ed25519 but found rsa/],
  ]
  it.each(wishes)('%s', (name, wish, message) => {
    const studio = makeStudio(at(`bad ${name}`), wish)
    const open = () => openStudioSigner(studio, now)
    expect(open).toThrow(UsageError)
    expect(open).toThrow(message)
  })

  it('C2PA’s own purpose and document signing are taken', () => {
    for (const purposes of ['1.3.6.1.4.1.62558.2.1', '1.3.6.1.5.5.7.3.36'])
      expect(openStudioSigner(makeStudio(at(`good ${purposes}`), { purposes }), now).chain).toHaveLength(2)
  })

  it('a certificate that is not valid yet, another key, a chain out of order, files that are none', () => {
    const studio: Studio = makeStudio(at('one'))
    const other = makeStudio(at('two'))
    const file = (name: string, text: string) => {
      writeFileSync(at(name), text)
      return at(name)
    }
    const opened =
      (changes: { cert?: string; key?: string; passphrase?: string }, when = now) =>
      () =>
        openStudioSigner({ ...studio, ...changes }, when)
    expect(opened({}, new Date(now.getTime() - 86_400_000))).toThrow(/found one valid from/)
    expect(opened({ key: other.key })).toThrow(/--key: expected the key of the certificate/)
    expect(opened({ cert: file('turned.pem', studio.intermediate + studio.leaf) })).toThrow(/--key: expected the key of|of a signer first/)
    expect(opened({ cert: file('skipped.pem', studio.leaf + studio.root) })).toThrow(/number 2 did not issue number 1/)
    expect(opened({ cert: file('twice.pem', studio.leaf + studio.leaf) })).toThrow(/number 2 did not issue number 1/)
    expect(opened({ cert: file('none.pem', 'nothing') })).toThrow(/found none/)
    expect(opened({ cert: at('absent.pem') })).toThrow(/no file that can be read/)
    const torn = studio.leaf.replace(/MII.{40}/, 'MII')
    expect(opened({ cert: file('torn.pem', torn) })).toThrow(/a damaged one/)
    expect(opened({ key: studio.cert })).toThrow(/--key: expected a private key in PEM/)
  })
})

describe.skipIf(!hasOpenssl)('a time-stamp authority', () => {
  let authority: TimeStampAuthority
  beforeAll(async () => {
    authority = await openAuthority(at('tsa'))
  })
  afterAll(() => authority?.close())

  it('confirms when an output was signed', async () => {
    const studio = makeStudio(at('stamped'))
    const summary = await stamp('stamped.png', { signer: openStudioSigner(studio, now), tsa: authority.url })
    expect(summary.timeStamped).toBe(true)
    const { c2pa } = await readProvenance(at('stamped.png'), studio.root + authority.root)
    expect(c2pa).toMatchObject({ state: 'trusted', problems: [] })
    expect(Math.abs(Date.parse(c2pa?.signedAt ?? '') - Date.now())).toBeLessThan(120_000)
  })

  it('stops the output where it cannot be had, after a few tries', async () => {
    const before = authority.asked()
    await expect(stamp('late.png', { tsa: `${authority.url.replace(/\d+\/tsa/, '1')}/` })).rejects.toThrow(
      /--tsa: expected a time stamp from/,
    )
    expect(authority.asked()).toBe(before)
    expect(readFileSync(at('late.png')).equals(readFileSync(at('plain.png')))).toBe(true)
  })

  it('is not believed when it stamps something else', async () => {
    const { createServer } = await import('node:http')
    const old = readFileSync(at('tsa/reply.tsr'))
    let asked = 0
    const server = createServer((_, response) => {
      asked++
      response.end(old)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    try {
      await expect(askTimeStamp(`http://127.0.0.1:${port}/`, Buffer.from('mine'))).rejects.toThrow(/a token over something else/)
      expect(asked).toBe(3)
    } finally {
      server.close()
    }
  })
})
