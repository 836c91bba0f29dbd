import { generateKeyPairSync, verify, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeChain } from '../../src/provenance/certificate.ts'
import { coseLength, coseSign1 } from '../../src/provenance/cose.ts'
import { oid, time } from '../../src/provenance/der.ts'

describe('coseSign1', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const chain = [Buffer.alloc(500, 1), Buffer.alloc(450, 2)]

  const signer = { key: privateKey, chain }

  it('fills the reserved space exactly, whatever its size', async () => {
    for (let reserved = 1060; reserved < 1500; reserved++)
      expect(await coseSign1(Buffer.from('claim'), signer, reserved)).toHaveLength(reserved)
    for (const reserved of [4096, 65_536 + 1000, 70_000])
      expect(await coseSign1(Buffer.from('claim'), signer, reserved)).toHaveLength(reserved)
    await expect(coseSign1(Buffer.from('claim'), signer, 900)).rejects.toThrow(/too few reserved/)
  })

  it('knows how long it will be, so that nothing has to be filled', async () => {
    const whole = await coseSign1(Buffer.from('claim'), signer, coseLength(signer, undefined))
    expect(Buffer.from(whole).includes('pad')).toBe(false)
    const stamped = await coseSign1(Buffer.from('claim'), signer, coseLength(signer, 300), async () => Buffer.alloc(300, 7))
    expect(Buffer.from(stamped).includes('sigTst2')).toBe(true)
    expect(Buffer.from(stamped).includes('pad')).toBe(false)
  })
})

describe('makeChain', () => {
  const now = new Date('2026-06-01T00:00:00Z')
  const { leaf, ca, leafKey } = makeChain('Example', now)
  const [leafCertificate, caCertificate] = [new X509Certificate(leaf), new X509Certificate(ca)]

  it('is a chain that OpenSSL accepts', () => {
    expect(caCertificate.verify(caCertificate.publicKey)).toBe(true)
    expect(leafCertificate.verify(caCertificate.publicKey)).toBe(true)
    expect(leafCertificate.checkIssued(caCertificate)).toBe(true)
    expect(leafCertificate.checkPrivateKey(leafKey)).toBe(true)
    expect([caCertificate.ca, leafCertificate.ca]).toEqual([true, false])
    expect(leafCertificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.4', '1.3.6.1.4.1.62558.2.1'])
    expect(new Date(leafCertificate.validFrom) < now && new Date(leafCertificate.validTo) > now).toBe(true)
  })

  it('signs with the leaf alone', () => {
    expect(verify('sha256', Buffer.from('x'), leafCertificate.publicKey, Buffer.alloc(70))).toBe(false)
  })
})

describe('DER', () => {
  it('writes identifiers and times', () => {
    expect(oid('1.2.840.10045.4.3.2').toString('hex')).toBe('06082a8648ce3d040302')
    expect(oid('1.3.6.1.4.1.62558.2.1').toString('hex')).toBe('060a2b0601040183e85e0201')
    expect(time(new Date('2049-12-31T23:59:59Z')).toString('latin1')).toContain('491231235959Z')
    expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toContain('20500101000000Z')
  })
})
