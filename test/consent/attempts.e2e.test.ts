import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/consent/auditVerify.ts'
import { authorize, consentHash, type SignedConsent } from '../../src/consent/index.ts'
import { makeKeyPair, openPrivateKey, publicKeyOf } from '../../src/consent/keys.ts'
import { defaultRevocationPath, revoke } from '../../src/consent/revocation.ts'
import { signConsent } from '../../src/consent/signed.ts'
import { distrustKey, trustKey } from '../../src/consent/trust.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { trainRun } from '../../src/train/train.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { makeRun, recordFor } from '../swap/support.ts'
import { consentFor, makeFaceset } from '../train/fixture.ts'
import { intendTiny } from '../train/tiny.ts'

const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))
const home = scratchFolder('attempts')
const elsewhere = scratchFolder('attempts-elsewhere')
const at = (...parts: string[]) => join(home, ...parts)
const clip = () => sampleVideo('cap13_edit2.mp4')
const key = openPrivateKey(makeKeyPair().privatePem)

async function dfk(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [bin, ...args], { cwd: home, env: { ...process.env, DFK_HOME: home, ...env } })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      said += data
    })
  const [code] = await once(child, 'close')
  return { code: code as number | null, said }
}

/** Runs dfk, which must refuse because of `clause`, say what to do, and leave nothing at `result`. */
async function refused(clause: string, args: readonly string[], result?: string, env: Record<string, string> = {}): Promise<void> {
  const { code, said } = await dfk(args, env)
  expect(said).toContain(`[${clause}]`)
  expect(said).toContain('hint: ')
  expect(code).toBe(3)
  if (result !== undefined) expect(existsSync(result)).toBe(false)
}

function save(name: string, record: SignedConsent): string {
  writeFileSync(at(name), JSON.stringify(record))
  return at(name)
}

/** A record of an invented person, changed as said and signed with a key that is trusted. */
function recordOf(subject: string, change: (record: SignedConsent['record']) => void = () => {}): SignedConsent {
  const { publicKey: _, ...signer } = consentFor(subject).record.signer
  const record = { ...consentFor(subject, change).record, signer }
  return signConsent({ record }, key, new Date())
}

function revokeHere(...records: readonly SignedConsent[]): void {
  let file: Parameters<typeof revoke>[0]
  for (const record of records) file = revoke(file, key, new Date(), { record })
  mkdirSync(at('consent'), { recursive: true })
  writeFileSync(defaultRevocationPath(home), JSON.stringify(file))
}

beforeAll(async () => {
  await trustKey(home, new Date(), { publicKey: publicKeyOf(key), name: 'the people of these tests' })
  for (const name of ['ann', 'bob', 'revoked']) await makeFaceset(home, name, { count: 12, consent: recordOf(name) })
  const target = recordFor('target', new Array(128).fill(0))
  await makeRun(home, 'run', target)
  await makeRun(home, 'limited', target, { source: recordFor('source', new Array(128).fill(0.5), { maxOutputs: 5 }) })
  await makeRun(home, 'exchanged', target)
  const gone = recordOf('gone', (record) => Object.assign(record.biometric, { references: [new Array(128).fill(0.5)] }))
  await makeRun(home, 'gone', target, { source: gone })
  revokeHere(recordOfDataset('revoked'), gone)
}, 60_000)
afterAll(() => {
  for (const folder of [home, elsewhere]) rmSync(folder, { recursive: true, force: true })
})

function recordOfDataset(name: string): SignedConsent {
  return JSON.parse(readFileSync(at('datasets', name, 'consent.json'), 'utf8')) as SignedConsent
}

describe('dfk refuses to collect', () => {
  const collect = (record: string) => ['collect', clip(), '--name', 'new', '--consent', record]

  it('under a record of a key that nobody trusts', async () => {
    await refused('trust', collect(save('self-made.json', consentFor('mallory'))), at('datasets', 'new'))
  })

  it('under a record that was edited', async () => {
    const record = structuredClone(recordOf('ann'))
    record.record.limits.notAfter = new Date(Date.now() + 30 * 86_400_000).toISOString()
    await refused('signature', collect(save('edited.json', record)), at('datasets', 'new'))
  })

  it('under a record that is a link to a pipe of somebody else', async () => {
    symlinkSync('/dev/zero', at('zero.json'))
    const { code, said } = await dfk(collect('zero.json'))
    expect([code, said]).toEqual([3, expect.stringContaining('not a plain file')])
  })

  it('in a home of the attacker’s own, where the studio’s record means nothing', async () => {
    const record = save('theirs.json', recordOf('ann'))
    await refused('trust', collect(record), join(elsewhere, 'datasets', 'new'), { DFK_HOME: elsewhere })
  })
})

describe('dfk refuses to train', () => {
  const train = (source: string) => ['train', 'attempt', '--source', source, '--target', 'bob', '--steps', '1', '--device', 'cpu']

  it('with a dataset whose record was revoked', () => refused('revocation', train('revoked'), at('checkpoints', 'attempt')))

  it('with such a dataset under another name', async () => {
    renameSync(at('datasets', 'revoked'), at('datasets', 'holiday'))
    await refused('revocation', train('holiday'), at('checkpoints', 'attempt'))
    renameSync(at('datasets', 'holiday'), at('datasets', 'revoked'))
  })

  it('with a link to it', async () => {
    symlinkSync(at('datasets', 'revoked'), at('datasets', 'link'))
    await refused('revocation', train('link'), at('checkpoints', 'attempt'))
    rmSync(at('datasets', 'link'))
  })

  it('with a link to it, or to what lies in it, from another home, which knows of no revocation', async () => {
    const away = scratchFolder('attempts-away')
    await trustKey(away, new Date(), { publicKey: publicKeyOf(key), name: 'the attacker says so' })
    mkdirSync(join(away, 'datasets', 'inner'), { recursive: true })
    const record = recordOfDataset('revoked')
    symlinkSync(at('datasets', 'revoked'), join(away, 'datasets', 'link'))
    for (const name of readdirSync(at('datasets', 'revoked')))
      symlinkSync(at('datasets', 'revoked', name), join(away, 'datasets', 'inner', name))
    for (const name of ['link', 'inner']) {
      const heldAt = join(away, 'datasets', name)
      const parties = [{ role: 'source', record, heldAt } as const, { role: 'target', record: recordOfDataset('ann') } as const]
      const asked = authorize({ action: 'train', parties, home: away })
      await expect(asked).rejects.toMatchObject({ exitCode: 3, clause: expect.stringMatching(/^revocation/) })
    }
  })

  it('with a copy that was given another person’s record', async () => {
    cpSync(at('datasets', 'revoked'), at('datasets', 'copy'), { recursive: true })
    cpSync(at('datasets', 'ann', 'consent.json'), at('datasets', 'copy', 'consent.json'))
    await refused('hash', train('copy'), at('checkpoints', 'attempt'))
  })

  it('with a copy whose manifest was made to fit that record: the faces do not', async () => {
    const path = at('datasets', 'copy', 'manifest.json')
    const ann = consentHash(recordOfDataset('ann'))
    writeFileSync(path, readFileSync(path, 'utf8').replace(consentHash(recordOfDataset('revoked')), ann))
    await refused('biometric', train('copy'), at('checkpoints', 'attempt'))
  })

  it('any further, once the record is revoked while it trains', async () => {
    const home2 = scratchFolder('attempts-running')
    try {
      const records = { ann: recordOf('ann'), bob: recordOf('bob') }
      for (const name of ['ann', 'bob'] as const) await makeFaceset(home2, name, { count: 12, consent: records[name] })
      const intent = await intendTiny(home2, 'long')
      const device = await openDevice('cpu')
      let steps = 0
      const training = trainRun(intent, device, {
        ...{ plan: { kind: 'steps', total: 16 }, saveEvery: 4, previewEvery: 100 },
        onProgress() {
          steps += 1
          if (steps !== 1) return
          const file = revoke(undefined, key, new Date(), { record: records.ann })
          writeFileSync(defaultRevocationPath(home2), JSON.stringify(file))
        },
      })
      await expect(training).rejects.toMatchObject({ exitCode: 3, clause: 'revocation' })
      // Nothing that was learnt after it stays.
      expect(existsSync(intent.folder)).toBe(false)
    } finally {
      rmSync(home2, { recursive: true, force: true })
    }
  })
})

describe('dfk refuses to align', () => {
  it('a dataset whose record was revoked', () => refused('revocation', ['align', 'revoked']))
})

describe('dfk refuses to swap', () => {
  const swap = (run: string, ...more: string[]) => ['swap', clip(), '--run', run, '-o', at('out.mp4'), ...more]

  it('with a run whose record was revoked', () => refused('revocation', swap('gone'), at('out.mp4')))

  it('for publication, which nobody granted', () => refused('grants.publish', swap('run', '--use', 'publish'), at('out.mp4')))

  it('for another project', () => refused('scope.project', swap('run', '--project', 'another'), at('out.mp4')))

  it('for other media', () => refused('scope.media', swap('run', '--media', 'television'), at('out.mp4')))

  it('by a run of another home, where the record was revoked', async () => {
    await trustKey(elsewhere, new Date(), { publicKey: publicKeyOf(key), name: 'the attacker says so' })
    const { publicKey } = recordFor('x', new Array(128).fill(0)).record.signer
    await trustKey(elsewhere, new Date(), { publicKey: publicKey!, name: 'the attacker says so' })
    await refused('revocation', swap(at('checkpoints', 'gone')), at('out.mp4'), { DFK_HOME: elsewhere })
  })

  it('by a run whose record, and its hash, were exchanged after training', async () => {
    const mallory = recordOf('mallory')
    const config = at('checkpoints', 'exchanged', 'config.json')
    const hash = consentHash(recordFor('source', new Array(128).fill(0.5)))
    const found = JSON.parse(readFileSync(config, 'utf8')) as { source: { consentHash: string } }
    expect(hash).toHaveLength(64)
    found.source.consentHash = consentHash(mallory)
    writeFileSync(config, JSON.stringify(found))
    writeFileSync(at('checkpoints', 'exchanged', 'consent', 'source.json'), JSON.stringify(mallory))
    await refused('biometric', swap('exchanged'), at('out.mp4'))
  })

  it('where the mean face was exchanged with it: the weights know', async () => {
    const config = at('checkpoints', 'exchanged', 'config.json')
    const mallory = recordOf('mallory')
    const found = JSON.parse(readFileSync(config, 'utf8')) as { source: { descriptor: readonly number[]; consentHash: string } }
    found.source.descriptor = mallory.record.biometric.references[0]!
    writeFileSync(config, JSON.stringify(found))
    await refused('hash', swap('exchanged'), at('out.mp4'))
  })

  it('under a record whose key is trusted no longer', async () => {
    const { publicKey } = recordFor('x', new Array(128).fill(0)).record.signer
    await distrustKey(home, new Date(), publicKey!)
    await refused('trust', swap('run'), at('out.mp4'))
    await trustKey(home, new Date(), { publicKey: publicKey!, name: 'tests' })
  })
})

describe('dfk refuses to export', () => {
  const exportRun = (run: string, ...more: string[]) => ['export', run, '-o', at('model.onnx'), ...more]

  it('a run whose record was revoked', () => refused('revocation', exportRun('gone'), at('model.onnx')))

  it('a model to be handed on, which nobody granted', () =>
    refused('grants.sublicense', exportRun('run', '--use', 'sublicense'), at('model.onnx')))

  it('a model of somebody who counts outputs, as nobody would count', () =>
    refused('limits.maxOutputs', exportRun('limited'), at('model.onnx')))

  it('nothing of the sort where it is allowed, and the model says under whose consent', async () => {
    const { code, said } = await dfk(exportRun('run'))
    expect([code, said]).toEqual([0, expect.stringContaining('model.onnx')])
    const text = readFileSync(at('model.onnx'), 'latin1')
    for (const record of [recordFor('target', new Array(128).fill(0))])
      expect(text).toContain(consentHash({ record: { ...record.record, id: idOf('target') } }))
    expect(text).toContain('consent.handOn')
  })

  const idOf = (role: string) =>
    (JSON.parse(readFileSync(at('checkpoints', 'run', 'consent', `${role}.json`), 'utf8')) as SignedConsent).record.id
})

it('every refusal and everything allowed stands in the log, which is whole', async () => {
  const { code, said } = await dfk(['consent', 'log', '--verify', '--json'])
  expect(code).toBe(0)
  const { valid, entries } = JSON.parse(said) as { valid: boolean; entries: number }
  expect([valid, entries > 20]).toEqual([true, true])
})

describe('dfk consent purge', () => {
  it('asks before it deletes, and with --yes leaves nothing of the subject in DFK_HOME but the record of it', async () => {
    const subject = recordOfDataset('revoked')
    const hash = consentHash(subject)
    const asked = await dfk(['consent', 'purge', hash])
    expect([asked.code, asked.said]).toEqual([2, expect.stringContaining('--yes')])
    const { code, said } = await dfk(['consent', 'purge', hash, '--yes', '--json', '--quiet'])
    expect(code).toBe(0)
    const result = JSON.parse(said.split('\n').find((line) => line.startsWith('{'))!) as {
      left: string[]
      deleted: { path: string }[]
      proof: string
    }
    expect(result.left).toEqual([])
    expect(result.deleted.map(({ path }) => path).sort()).toEqual([at('datasets', 'copy'), at('datasets', 'revoked')].sort())
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const holding = files.filter(({ parentPath, name }) => {
      const text = readFileSync(join(parentPath, name))
      return text.includes(hash) || text.includes('"revoked"') || text.includes(String(subject.record.biometric.references[0]![0]))
    })
    // Lists, log and proof, none of which holds a face.
    expect(new Set(holding.map(({ name }) => name))).toEqual(
      new Set(['audit.jsonl', 'audit.head.json', 'revocations.json', 'trusted.json', result.proof.replace(/^.*[/\\]/, '')]),
    )
    expect(JSON.parse(readFileSync(result.proof, 'utf8'))).toMatchObject({
      statement: { records: [hash], left: [] },
      signature: expect.any(String),
    })
    expect(existsSync(at('datasets', 'ann', 'aligned.jsonl'))).toBe(true)
    expect((await verifyAudit(home)).problems).toEqual([])
    writeFileSync(result.proof, readFileSync(result.proof, 'utf8').replace('"left": []', '"left": [ ]'))
    expect((await verifyAudit(home)).problems).toEqual([expect.stringMatching(/^line \d+: its proof .* was changed$/)])
  })

  it('finds what is there by the name of a subject, and deletes nothing when it is only asked', async () => {
    const { code, said } = await dfk(['consent', 'purge', 'ann', '--dry-run', '--json', '--quiet'])
    expect(code).toBe(0)
    expect(JSON.parse(said.split('\n').find((line) => line.startsWith('{'))!)).toMatchObject({
      found: [{ kind: 'dataset', path: at('datasets', 'ann') }],
    })
    expect(existsSync(at('datasets', 'ann', 'aligned.jsonl'))).toBe(true)
  })
})
