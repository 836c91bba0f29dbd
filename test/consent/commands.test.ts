import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeFrames, writePicture } from '../../src/media/index.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { dfkHere } from '../support/here.ts'

const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))
const folder = scratchFolder('consent')
const home = join(folder, 'home')
const at = (name: string) => join(folder, name)

const NO_KEY = { DFK_PASSPHRASE: '', DFK_KEY: '' }

function dfk(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'consent', ...args], {
    encoding: 'utf8',
    cwd: folder,
    input: '',
    env: { ...process.env, DFK_HOME: home, ...NO_KEY, ...env },
  })
  return { code: status, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> }
}

/** The same in this process. */
async function here(args: readonly string[], env: Record<string, string> = {}) {
  const { DFK_HOME = home, ...more } = env
  const found = await dfkHere(DFK_HOME, ['consent', ...args], { env: { ...NO_KEY, ...more }, folder })
  return { ...found, json: () => JSON.parse(found.stdout) as Record<string, unknown> }
}

const SECRET = { DFK_PASSPHRASE: 'correct horse' }
const WORDS = [
  '--controller',
  'Studio Example',
  '--project',
  'Museum guide',
  '--description',
  'A 30-second film in which Alice explains the exhibit',
]

/** All that a draft needs; a flag given again takes the place of the one here. */
const DRAFT = [
  ...['-o', 'x.json', '--subject', 'a', ...WORDS, '--grant', 'train', '--reference', 'still-0.png'],
  ...['--until', new Date(Date.now() + 1e10).toISOString().slice(0, 10)],
]

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('dfk consent', () => {
  beforeAll(async () => {
    for await (const { picture, index } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { every: 200, maxFrames: 2 })) {
      await writePicture(at(`still-${index}.png`), picture)
    }
    await writePicture(at('grey.png'), { width: 96, height: 96, data: new Uint8Array(96 * 96 * 3).fill(128) })
    writeFileSync(at('empty.json'), '')
    writeFileSync(at('part.json'), '{"record": {"schema": 1, "kind": "subj')
    writeFileSync(at('list.json'), '[]')
    expect(dfk(['keygen', '-o', 'alice.key'], SECRET).code).toBe(0)
  })

  it('keygen writes an encrypted key that only its owner can read', () => {
    expect(readFileSync(at('alice.key'), 'utf8')).toContain('ENCRYPTED')
    expect(readFileSync(at('alice.pub'), 'utf8')).toContain('BEGIN PUBLIC KEY')
    if (process.platform !== 'win32') expect(statSync(at('alice.key')).mode & 0o777).toBe(0o600)
  })

  it('keygen never writes over a key, and asks for a passphrase or an explicit no', () => {
    expect(dfk(['keygen', '-o', 'alice.key'], SECRET)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected no file at alice.key'),
    })
    expect(dfk(['keygen', '-o', 'bob.key'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--no-passphrase') })
    expect(existsSync(at('bob.key'))).toBe(false)
    expect(dfk(['keygen', '-o', 'dry.key', '--dry-run', '--no-passphrase']).code).toBe(0)
    expect(existsSync(at('dry.key'))).toBe(false)
    const bob = dfk(['keygen', '-o', 'bob.key', '--no-passphrase', '--json'])
    expect(bob.json()).toMatchObject({ key: 'bob.key', public: 'bob.pub', encrypted: false })
    expect(bob.stderr).toContain('not encrypted')
  })

  it('keygen leaves no key behind where it cannot be trusted', () => {
    writeFileSync(at('file'), '')
    // Below /proc the system says ENOENT though the parent exists, at which Node's own recursive mkdir never ends.
    const places = process.platform === 'linux' ? [at('file'), '/proc/nope'] : [at('file')]
    for (const DFK_HOME of places) {
      expect(dfk(['keygen', '-o', 'left.key', '--no-passphrase'], { DFK_HOME })).toMatchObject({ code: 3 })
      expect([existsSync(at('left.key')), existsSync(at('left.pub'))]).toEqual([false, false])
    }
  })

  it('drafts, signs, verifies, shows and revokes', () => {
    const draft = ['draft', '-o', 'alice.json', '--subject', 'alice', ...WORDS, '--grant', 'collect,train', '--until', '2099-01-01']
    expect(dfk([...draft, '--reference', 'still-0.png'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--until: expected a term of at most 10 years'),
    })
    const until = new Date(Date.now() + 300 * 86_400_000).toISOString().slice(0, 10)
    draft[draft.indexOf('2099-01-01')] = until
    const drafted = dfk([...draft, '--reference', 'still-0.png', 'still-200.png', '--footage', sampleVideo('cap13_edit2.mp4'), '--json'])
    expect(drafted.code).toBe(0)
    // Progress apart: the record is on stdout.
    expect(drafted.stderr).not.toContain('Allowed')
    expect(drafted.json()).toMatchObject({
      record: { scope: { footage: [{ name: 'cap13_edit2.mp4', videoSha256: expect.any(String) }], footageBinds: ['collect', 'train'] } },
    })
    expect(dfk(['verify', 'alice.json', '--json'])).toMatchObject({ code: 3, stdout: expect.stringContaining('"valid":false') })
    expect(dfk(['sign', 'alice.json', '--key', 'alice.key'])).toMatchObject({ code: 2, stderr: expect.stringContaining('DFK_PASSPHRASE') })
    expect(dfk(['sign', 'alice.json', '--key', 'alice.key'], { DFK_PASSPHRASE: 'wrong' })).toMatchObject({
      code: 1,
      stderr:
        'dfk: expected the passphrase of the key but found another\n  hint: set DFK_PASSPHRASE, or give --passphrase-file, or type it when asked\n',
    })
    writeFileSync(at('secret.txt'), 'correct horse\n')
    const gist = `Studio Example may collect and train with the face of alice until ${until}\nfor Museum guide: A 30-second film in which Alice explains the exhibit\n`
    expect(dfk(['sign', 'alice.json', '--key', 'alice.key', '--passphrase-file', 'secret.txt'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^alice\.json: signed by [\w-]{43}, hash [0-9a-f]{64}\n$/),
      stderr: `${gist}all of it: dfk consent show alice.json\n`,
    })
    expect(dfk(['verify', 'alice.json', '--json']).json()).toEqual({
      valid: true,
      reasons: [],
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      trusted: true,
    })
    const shown = dfk(['show', 'alice.json']).stdout
    expect(shown).toMatch(/✔ train a model of the face[\s\S]*✖ publish the result/)
    expect(shown).toContain('cap13_edit2.mp4')
    expect(dfk(['revoke', 'alice.json', '--key', 'bob.key'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected the key that signed'),
    })
    expect(dfk(['revoke', 'alice.json', '--key', 'alice.key', '--reason', 'ended'], SECRET).code).toBe(0)
    const revoked = dfk(['verify', 'alice.json', '--json'])
    expect(revoked).toMatchObject({ code: 3, stderr: expect.stringContaining('revoked on') })
    expect(revoked.json()).toMatchObject({ valid: false, reasons: [expect.stringMatching(/^revocation: /)] })
  })

  it('verify remembers a revocation that it saw in a list of which nothing is left', async () => {
    const words = [...WORDS, '--subject', 'dora', '--until', new Date(Date.now() + 1e10).toISOString().slice(0, 10), '--grant', 'train']
    const list = at('named.json')
    expect((await here(['draft', '-o', 'dora.json', ...words, '--reference', 'still-0.png', '--revocations', list])).code).toBe(0)
    expect((await here(['sign', 'dora.json', '--key', 'bob.key'])).code).toBe(0)
    expect(await here(['verify', 'dora.json'])).toMatchObject({ code: 3, stderr: expect.stringContaining(`--refresh --list ${list}`) })
    expect((await here(['revoke', '--refresh', '--list', list, '--key', 'bob.key'])).code).toBe(0)
    expect((await here(['verify', 'dora.json'])).code).toBe(0)
    const before = readFileSync(list, 'utf8')
    // Elsewhere, so that this home learns of it by the list alone.
    expect((await here(['revoke', 'dora.json', '--list', list, '--key', 'bob.key'], { DFK_HOME: at('elsewhere') })).code).toBe(0)
    expect(await here(['verify', 'dora.json'])).toMatchObject({ code: 3, stderr: expect.stringContaining('revoked on') })
    for (const text of ['{"schema":1,"lists":[]}', before]) {
      writeFileSync(list, text)
      expect(await here(['verify', 'dora.json'])).toMatchObject({ code: 3, stderr: expect.stringContaining('revoked on') })
    }
  })

  it('verify tells a tampered record', async () => {
    const text = readFileSync(at('alice.json'), 'utf8').replace('"publish": false', '"publish": true')
    writeFileSync(at('tampered.json'), text)
    const found = await here(['verify', 'tampered.json', '--json'])
    expect(found.code).toBe(3)
    expect(found.json()['reasons']).toContainEqual(expect.stringMatching(/^signature: .*changed since/))
  })

  it('verify says each reason once', async () => {
    const untrusted = { DFK_HOME: at('elsewhere-else') }
    const found = await here(['verify', 'tampered.json'])
    expect(found.stdout).toBe('tampered.json: not valid\n')
    expect(found.stderr).toMatch(/^dfk: expected a record as it was signed but found one that was changed since\n {2}hint: .*\n$/)
    // Not trusted in another home, and its list says nothing: the first on stderr, the other on stdout.
    writeFileSync(at('named.json'), '{"schema":1,"lists":[]}')
    const two = await here(['verify', 'dora.json'], untrusted)
    const reasons = ((await here(['verify', 'dora.json', '--json'], untrusted)).json() as { reasons: string[] }).reasons
    expect(reasons).toHaveLength(2)
    expect(two.stderr.split('\n')[0]).toBe(`dfk: ${reasons[0]!.replace(/^[\w.]+: /, '')}`)
    expect(two.stdout).toBe(`dora.json: not valid\n  also: ${reasons[1]!.replace(/^[\w.]+: /, '')}\n`)
  })

  it('drafts, signs and trusts one’s own face in one step, and shows it as a page', () => {
    const words = [
      'draft',
      '--self',
      '-o',
      'me.json',
      '--subject',
      'alice',
      '--description',
      'Trying out on my own machine what a double of me looks like',
    ]
    const found = dfk([...words, '--reference', 'still-0.png', '--no-passphrase', '--json'])
    expect(found).toMatchObject({ code: 0, stderr: expect.stringContaining('is trusted in') })
    expect(found.json()).toMatchObject({ record: { controller: 'alice', grants: { generate: true, publish: false } }, signature: {} })
    expect(readFileSync(at('me.key'), 'utf8')).toContain('PRIVATE KEY')
    expect(dfk(['verify', 'me.json', '--json']).json()).toMatchObject({ valid: true, trusted: true })
    expect(dfk(['trust', 'list', '--json']).stdout).toMatch(/"name":"alice","roles":\["self","target"\],"subjects":\["alice"\]/)
    // For nobody else's face, and nowhere else.
    expect(dfk(['verify', 'me.json'], { DFK_HOME: at('other') })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('trusted here'),
    })
    expect(dfk([...words, '--status', 'minor', '-o', 'x.json', '--reference', 'still-0.png'])).toMatchObject({ code: 2 })
    expect(dfk(['show', 'me.json', '--html', 'me.html']).code).toBe(0)
    const page = readFileSync(at('me.html'), 'utf8')
    for (const text of ['Consent to a digital double: alice', 'Held on', 'publish the result', 'is trusted on the computer'])
      expect(page).toContain(text)
    expect(page).not.toMatch(/<script|https?:\/\//)
    expect(page).not.toContain(
      String((found.json() as { record: { biometric: { references: number[][] } } }).record.biometric.references[0]![0]),
    )
  })

  it('trusts a key from elsewhere, countersigns with it, and takes the trust back', async () => {
    expect((await here(['keygen', '-o', 'carol.key', '--no-passphrase', '--no-trust', '--json'])).json()).toMatchObject({ trusted: false })
    const words = [...WORDS, '--subject', 'bob', '--until', new Date(Date.now() + 1e10).toISOString().slice(0, 10), '--grant', 'generate']
    const draft = ['draft', '-o', 'both.json', ...words, '--reference', 'still-0.png', '--countersigner', 'target=carol.pub']
    expect(await here(draft)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^both\.json: drafted, not signed yet\n {2}Studio Example may generate with the face of bob/),
    })
    expect((await here(['show', 'both.json'])).stdout).toContain(
      'To be countersigned by: the person in the target footage — NOT COUNTERSIGNED YET.',
    )
    expect(await here(['countersign', 'both.json', '--key', 'carol.key'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nobody signed'),
    })
    const DFK_KEY = readFileSync(at('bob.key'), 'utf8')
    expect((await here(['sign', 'both.json'], { DFK_KEY })).code).toBe(0)
    expect(await here(['verify', 'both.json'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('countersignature of the target'),
    })
    expect(await here(['countersign', 'both.json', '--key', 'alice.key'], SECRET)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('asks to countersign'),
    })
    expect((await here(['countersign', 'both.json', '--key', 'carol.key'])).code).toBe(0)
    expect(await here(['verify', 'both.json'])).toMatchObject({ code: 3, stderr: expect.stringContaining('dfk consent trust add') })
    expect((await here(['trust', 'add', 'carol.pub', '--name', 'Carol Example', '--as', 'target'])).code).toBe(0)
    expect((await here(['verify', 'both.json'])).code).toBe(0)
    const narrowed = await here(['trust', 'add', 'carol.pub', '--name', 'Carol Example', '--as', 'target', '--for', 'carol'])
    expect(narrowed.stderr).toContain('Carol Example was trusted as target; from now on as target, for carol\n')
    const again = await here(['trust', 'add', 'carol.pub', '--name', 'Carol Example', '--as', 'target', '--for', 'carol'])
    expect(again.stderr).not.toContain('was trusted')
    expect((await here(['trust', 'remove', 'Carol Example'])).code).toBe(0)
    expect(await here(['verify', 'both.json'])).toMatchObject({ code: 3 })
    expect(await here(['trust', 'remove', 'nobody'])).toMatchObject({ code: 2 })
    expect(await here(['trust', 'add'])).toMatchObject({ code: 2 })
    expect(await here(['trust', 'add', 'alice.json'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected an Ed25519 public key'),
    })
    expect((await here(['log', '--verify', '--json'])).json()).toMatchObject({ valid: true, problems: [] })
    expect((await here(['log'])).stdout).toMatch(/ countersign {2}under [0-9a-f]{12}[\s\S]* distrust/)
    const log = join(home, 'consent', 'audit.jsonl')
    const whole = readFileSync(log, 'utf8')
    writeFileSync(log, whole.replace('"what":"sign"', '"what":"seen"'))
    expect(await here(['log', '--verify', '--json'])).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/"problems":\["line \d+: it was changed/),
    })
    writeFileSync(log, whole)
  })

  it.each<[string, readonly string[], number, string]>([
    ['a missing record to verify', ['verify', 'nobody.json'], 1, 'found no such file'],
    ['an empty file to verify', ['verify', 'empty.json'], 3, 'found an empty file'],
    ['a part of a record to verify', ['verify', 'part.json'], 3, 'only a part of it'],
    ['something else to verify', ['verify', 'list.json'], 3, 'found something else'],
    ...['show', 'sign', 'countersign', 'revoke'].flatMap((command): [string, readonly string[], number, string][] => {
      const key = command === 'show' ? [] : ['--key', 'bob.key']
      return [
        [`a missing record to ${command}`, [command, 'nobody.json', ...key], 1, 'found no such file'],
        [`an empty file to ${command}`, [command, 'empty.json', ...key], 1, 'found an empty file'],
        [`a part of a record to ${command}`, [command, 'part.json', ...key], 1, 'only a part of it'],
        [`something else to ${command}`, [command, 'list.json', ...key], 1, 'found something else'],
        [`a folder to ${command}`, [command, '.', ...key], 1, 'not a plain file'],
      ]
    }),
    ['an empty file to purge', ['purge', 'empty.json', '--yes'], 1, 'found an empty file'],
    ['another list to revoke in', ['revoke', 'dora.json', '--key', 'bob.key', '--list', 'list.json'], 1, 'expected a revocation list'],
    ['a page where there is no folder', ['show', 'dora.json', '--html', 'none/x.html'], 2, '--html: expected an existing folder'],
    ['a missing record to replace', ['draft', ...DRAFT, '--supersedes', 'nobody.json'], 1, 'found no such file'],
    ['a quotation mark for a description', ['draft', ...DRAFT, '--description', '"'], 2, '--description: expected a reasonably specific'],
    ['hidden characters', ['draft', ...DRAFT, '--subject', 'a\u200b'], 2, '--subject: expected text without hidden characters'],
    ['a blank', ['draft', ...DRAFT, '--media', 'cinema', ' '], 2, '--media: expected some text'],
    ['an end before the beginning', ['draft', ...DRAFT, '--until', '2020-01-01'], 2, '--until: expected an end after'],
    ['a minor without a guardian’s evidence', ['draft', ...DRAFT, '--status', 'minor'], 2, '--evidence: '],
    ['no day', ['draft', ...DRAFT, '--status', 'minor', '--adult-on', 'soon'], 2, '--adult-on: expected a day'],
    ['actions bound to no footage', ['draft', ...DRAFT, '--bind', 'generate'], 2, '--bind: expected footage'],
    ['a countersigner without a key', ['draft', ...DRAFT, '--countersigner', 'target'], 2, '--countersigner: expected a key'],
    ['no list', ['draft', ...DRAFT, '--revocations', ''], 2, '--revocations: '],
    ['a sample record of no clip', ['draft', ...DRAFT, '--kind', 'sample'], 2, '--footage: '],
    [
      'a reference that shows nobody',
      ['draft', ...DRAFT.map((word) => (word === 'still-0.png' ? 'grey.png' : word))],
      1,
      "expected the subject's face",
    ],
    ['missing flags', ['draft', '-o', 'x.json', '--subject', 'a'], 2, '--description'],
    [
      'an unknown grant',
      ['draft', '-o', 'x.json', '--subject', 'a', ...WORDS, '--until', '2027-01-01', '--grant', 'everything', '--reference', 'still-0.png'],
      2,
      'found everything',
    ],
    [
      'a bad date',
      ['draft', '-o', 'x.json', '--subject', 'a', ...WORDS, '--until', 'soon', '--grant', 'train', '--reference', 'still-0.png'],
      2,
      '--until',
    ],
    [
      'other footage for a sample',
      [
        'draft',
        '-o',
        'x.json',
        '--kind',
        'sample',
        '--subject',
        'a',
        ...WORDS,
        '--until',
        '2027-01-01',
        '--grant',
        'train',
        '--reference',
        'still-0.png',
        '--footage',
        'still-0.png',
      ],
      3,
      'built-in sample clips',
    ],
    [
      'a file where the signed record is to go',
      ['sign', 'alice.json', '--key', 'bob.key', '-o', 'bob.key'],
      1,
      'expected no file at bob.key',
    ],
    [
      'a file where the countersigned one is to go',
      ['countersign', 'alice.json', '--key', 'bob.key', '-o', 'grey.png'],
      1,
      'expected no file at grey.png',
    ],
    ['a missing key', ['sign', 'alice.json', '--key', 'none.key'], 1, 'expected a key at none.key'],
    ['a public key to sign with', ['sign', 'alice.json', '--key', 'alice.pub'], 1, 'expected a private key'],
    ['no key to sign with', ['sign', 'alice.json'], 2, 'DFK_KEY'],
    [
      'a list that anybody can alter on its way',
      [
        'draft',
        '-o',
        'x.json',
        '--subject',
        'a',
        ...WORDS,
        '--until',
        '2027-01-01',
        '--grant',
        'train',
        '--reference',
        'still-0.png',
        '--revocations',
        'http://a.example/list.json',
      ],
      2,
      'https://',
    ],
    ['revoke without a record', ['revoke', '--key', 'bob.key'], 2, '--refresh'],
  ])('answers %s in one line', async (_, args, code, words) => {
    const found = await here(args)
    expect(found.stderr).toContain(words)
    expect(found.stderr.split('\n').filter((line) => line.startsWith('dfk: '))).toHaveLength(1)
    expect(found.code).toBe(code)
    expect(existsSync(at('x.json'))).toBe(false)
  })
})
