import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { countersignConsent } from '../../src/consent/countersign.ts'
import { consentHash } from '../../src/consent/index.ts'
import { publicKeyOf } from '../../src/consent/keys.ts'
import { defaultRevocationPath, revoke } from '../../src/consent/revocation.ts'
import { trustKey } from '../../src/consent/trust.ts'
import { clauseOf, NOW, newKey } from './records.ts'
import { daysLater, openStudio, type Studio } from './studio.ts'

let studio: Studio
beforeEach(async () => {
  studio = await openStudio()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  studio.close()
})

describe('a revoked record is refused', () => {
  it('by its signer', async () => {
    const record = studio.ofAlice()
    studio.revoke(studio.alice, [record])
    expect(await clauseOf(() => studio.generate(record))).toBe('revocation')
  })

  it('by somebody who countersigned', async () => {
    const countersigners = [{ role: 'target', publicKey: publicKeyOf(studio.bob) } as const]
    const record = countersignConsent(studio.ofAlice({ countersigners }), studio.bob, NOW)
    await studio.generate(record)
    studio.revoke(studio.bob, [record])
    expect(await clauseOf(() => studio.generate(record))).toBe('revocation')
  })

  it('of the target', async () => {
    const target = studio.ofBob()
    studio.revoke(studio.bob, [target])
    expect(await clauseOf(() => studio.generate(studio.ofAlice(), {}, target))).toBe('revocation')
  })

  it('after the list was deleted', async () => {
    const record = studio.ofAlice()
    studio.revoke(studio.alice, [record])
    await clauseOf(() => studio.collect(record))
    rmSync(defaultRevocationPath(studio.home))
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation')
  })

  it('after the entry was taken out of the list, which was signed anew', async () => {
    const record = studio.ofAlice()
    studio.revoke(studio.alice, [record])
    await clauseOf(() => studio.collect(record))
    studio.revoke(studio.alice, [])
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation')
  })

  it('after the dataset was given another name', async () => {
    const record = studio.ofAlice()
    const folder = join(studio.home, 'datasets', 'alice')
    studio.write('datasets/alice/manifest.json', '{}')
    studio.revoke(studio.alice, [record])
    renameSync(folder, `${folder}-2`)
    expect(await clauseOf(() => studio.collect(record, { heldAt: `${folder}-2` }))).toBe('revocation')
  })

  it.each([false, true])('where DFK_HOME points to another folder, whose data lies here (list deleted: %s)', async (deleted) => {
    const other = await openStudio()
    try {
      const record = studio.ofAlice()
      const heldAt = join(studio.home, 'datasets', 'alice')
      studio.revoke(studio.alice, [record])
      if (deleted) {
        await clauseOf(() => studio.collect(record))
        rmSync(defaultRevocationPath(studio.home))
      }
      await trustKey(other.home, NOW, { publicKey: publicKeyOf(studio.alice), name: 'Alice' })
      await other.collect(record)
      expect(await clauseOf(() => other.collect(record, { heldAt }))).toBe('revocation')
    } finally {
      other.close()
    }
  })
})

describe('a record that was replaced', () => {
  it('is refused once the newer one of its signer was seen to hold, and not before', async () => {
    const old = studio.ofAlice()
    const narrow = { grants: ['collect'], supersedes: consentHash(old) } as const
    const later = studio.ofAlice({ ...narrow, from: '2026-07-01' })
    await clauseOf(() => studio.collect(later))
    await studio.collect(old)
    const newer = studio.ofAlice(narrow)
    await studio.collect(newer)
    expect(await clauseOf(() => studio.collect(old))).toBe('supersedes')
    await studio.collect(newer)
  })

  it('is not where somebody else names it', async () => {
    const old = studio.ofAlice()
    await studio.collect(studio.ofBob({ supersedes: consentHash(old) }))
    await studio.collect(old)
  })
})

describe('a list that was tampered with refuses everybody', () => {
  const path = () => defaultRevocationPath(studio.home)
  const edit = (change: (text: string) => string) => writeFileSync(path(), change(readFileSync(path(), 'utf8')))

  it.each<[string, (text: string) => string]>([
    ['an entry removed', (text) => text.replace(/"revoked":\[.*?\]/, '"revoked":[]')],
    ['its time changed', (text) => text.replace(/"issuedAt":"[^"]*"/, '"issuedAt":"2026-06-14T00:00:00.000Z"')],
    ['a key twice', (text) => text.replace('"revoked":', '"revoked":[],"revoked":')],
    ['no JSON', () => 'nothing'],
    ['empty', () => ''],
  ])('%s', async (_, change) => {
    const record = studio.ofAlice()
    studio.revoke(studio.alice, [record])
    edit(change)
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation.list')
    expect(await clauseOf(() => studio.collect(studio.ofBob()))).toBe('revocation.list')
  })

  it('two lists of one signer', async () => {
    const record = studio.ofAlice()
    const [full, empty] = [revoke(undefined, studio.alice, NOW, { record }), revoke(undefined, studio.alice, NOW)]
    studio.write('consent/revocations.json', JSON.stringify({ schema: 1, lists: [...empty.lists, ...full.lists] }))
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation.list')
  })

  it('an older one put back', async () => {
    studio.revoke(studio.alice, [], daysLater(-5))
    copyFileSync(path(), `${path()}.old`)
    studio.revoke(studio.alice, [], daysLater(-1))
    const record = studio.ofAlice({ maxStalenessDays: 30 })
    await studio.collect(record)
    copyFileSync(`${path()}.old`, path())
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation.list')
  })

  it('deleted', async () => {
    studio.revoke(studio.alice, [])
    await studio.collect(studio.ofAlice())
    rmSync(path())
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('revocation.list')
  })

  it('staler than the record allows', async () => {
    studio.revoke(studio.alice, [], daysLater(-8))
    expect(await clauseOf(() => studio.collect(studio.ofAlice({ maxStalenessDays: 7 })))).toBe('revocation.maxStalenessDays')
  })

  it('confirmed by somebody else', async () => {
    studio.revoke(studio.bob, [])
    expect(await clauseOf(() => studio.collect(studio.ofAlice({ maxStalenessDays: 7 })))).toBe('revocation.maxStalenessDays')
  })

  it.each([
    ['nobody', () => JSON.stringify({ schema: 1, lists: [] })],
    ['somebody else', () => JSON.stringify(revoke(undefined, studio.bob, NOW))],
  ])('one that the record names, with a list by %s', async (_, text) => {
    const revocationList = join(studio.home, 'named.json')
    const record = studio.ofAlice({ revocationList })
    studio.write('named.json', text())
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation.list')
    studio.revoke(studio.alice, [], NOW, revocationList)
    await studio.collect(record)
    studio.write('named.json', text())
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation.list')
  })

  it('a folder in its place', async () => {
    mkdirSync(path())
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('revocation.list')
  })

  it('one that the record names, and that is not there', async () => {
    expect(await clauseOf(() => studio.collect(studio.ofAlice({ revocationList: join(studio.home, 'gone.json') })))).toBe('revocation.list')
  })
})

describe('a list on the network', () => {
  const URL = 'https://alice.example/revocations.json'
  const answer = (
    body: string | Uint8Array<ArrayBuffer> | (() => never),
    init: { status?: number; headers?: Record<string, string> } = {},
  ) => {
    const server = vi.fn(async () => (typeof body === 'function' ? body() : new Response(body, init)))
    vi.stubGlobal('fetch', server)
    return server
  }
  const offline = () =>
    answer(() => {
      throw new TypeError('fetch failed')
    })
  const listOf = (records: Parameters<Studio['revoke']>[1], at = NOW) => {
    let file = revoke(undefined, studio.alice, at)
    for (const record of records) file = revoke(file, studio.alice, at, { record })
    return JSON.stringify(file)
  }

  it('allows while it says nothing, is asked once in five minutes, and its copy holds offline until it is stale', async () => {
    const record = studio.ofAlice({ revocationList: URL, maxStalenessDays: 2 })
    const server = answer(listOf([]))
    await studio.collect(record)
    await studio.collect(record)
    expect(server).toHaveBeenCalledTimes(1)
    const off = offline()
    await studio.collect(record, { now: daysLater(1) })
    expect(off).toHaveBeenCalledTimes(1)
    expect(await clauseOf(() => studio.collect(record, { now: daysLater(3) }))).toBe('revocation.maxStalenessDays')
  })

  it('is not older than a week where the record does not say', async () => {
    const record = studio.ofAlice({ revocationList: URL })
    answer(listOf([]))
    await studio.collect(record)
    offline()
    await studio.collect(record, { now: daysLater(6) })
    expect(await clauseOf(() => studio.collect(record, { now: daysLater(8) }))).toBe('revocation.maxStalenessDays')
  })

  it('refuses what it revokes, offline too', async () => {
    const record = studio.ofAlice({ revocationList: URL })
    answer(listOf([record]))
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation')
    offline()
    rmSync(join(studio.home, 'consent', 'fetched'), { recursive: true })
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation')
  })

  it.each<[string, () => void]>([
    ['cannot be reached', () => offline()],
    ['answers with an error', () => answer('gone', { status: 404 })],
    ['leads to an address that is not HTTPS', () => answer('', { status: 302, headers: { location: 'http://alice.example/list.json' } })],
    ['leads round in circles', () => answer('', { status: 302, headers: { location: URL } })],
    ['sends more than a list', () => answer(new Uint8Array(5 << 20))],
    ['sends something else', () => answer('<html>')],
    ["sends nobody's list", () => answer('{"schema":1,"lists":[]}')],
    ['sends the list of somebody else', () => answer(JSON.stringify(revoke(undefined, studio.bob, NOW)))],
    ['sends a list that was changed', () => answer(listOf([]).replace(/"issuedAt":"2026/, '"issuedAt":"2027'))],
  ])('refuses where it %s', async (_, stub) => {
    stub()
    expect(await clauseOf(() => studio.collect(studio.ofAlice({ revocationList: URL })))).toBe('revocation.list')
  })

  it.each(['http://alice.example/list.json', 'HTTP://alice.example/list.json', 'ftp://alice.example/list.json', 'file:///tmp/list.json'])(
    'is not fetched from %s',
    async (address) => {
      const server = answer(listOf([]))
      expect(await clauseOf(() => studio.collect(studio.ofAlice({ revocationList: address })))).toBe('revocation.list')
      expect(server).not.toHaveBeenCalled()
    },
  )

  it('is not believed where the environment says not to check certificates', async () => {
    answer(listOf([]))
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    expect(await clauseOf(() => studio.collect(studio.ofAlice({ revocationList: URL })))).toBe('revocation.list')
  })

  it('refuses when a server sends an older one than before', async () => {
    const record = studio.ofAlice({ revocationList: URL })
    answer(listOf([studio.ofAlice({ project: 'Another' })], NOW))
    await studio.collect(record)
    answer(listOf([], daysLater(-1)))
    expect(await clauseOf(() => studio.collect(record, { now: daysLater(1) }))).toBe('revocation.list')
  })

  it('takes no copy that somebody else made for a fresh one', async () => {
    const record = studio.ofAlice({ revocationList: URL })
    answer(listOf([]))
    await studio.collect(record)
    const home = studio.home
    const stranger = newKey()
    const fetched = join(home, 'consent', 'fetched')
    const [name] = readdirSync(fetched)
    writeFileSync(join(fetched, name!), JSON.stringify(revoke(undefined, stranger, NOW)))
    offline()
    expect(await clauseOf(() => studio.collect(record))).toBe('revocation.list')
  })

  it('is remembered in the log', async () => {
    const record = studio.ofAlice({ revocationList: URL })
    answer(listOf([record]))
    await clauseOf(() => studio.collect(record))
    const head = JSON.parse(readFileSync(join(studio.home, 'consent', 'audit.head.json'), 'utf8'))
    expect(head.head.memory).toMatchObject({ revoked: { [consentHash(record)]: NOW.toISOString() }, fetched: { [URL]: NOW.toISOString() } })
  })
})
