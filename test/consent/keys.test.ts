import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isEncrypted, makeKeyPair, openPrivateKey, publicKeyOf, signText, verifyText } from '../../src/consent/keys.ts'
import { EXIT } from '../../src/work/errors.ts'

describe('keys', () => {
  it('opens an encrypted key with its passphrase alone', () => {
    const pair = makeKeyPair('a long passphrase')
    expect(isEncrypted(pair.privatePem)).toBe(true)
    expect(publicKeyOf(openPrivateKey(pair.privatePem, 'a long passphrase'))).toBe(pair.publicKey)
    // No consent is refused: the command failed.
    expect(() => openPrivateKey(pair.privatePem, 'another')).toThrow(expect.objectContaining({ name: 'DfkError', exitCode: EXIT.failed }))
    expect(() => openPrivateKey(pair.privatePem)).toThrow(/passphrase/)
  })

  it('signs and verifies, and takes malformed keys and signatures for a no', () => {
    const { privatePem, publicKey } = makeKeyPair()
    const signature = signText('text', openPrivateKey(privatePem))
    expect(verifyText('text', signature, publicKey)).toBe(true)
    expect(verifyText('texT', signature, publicKey)).toBe(false)
    expect(verifyText('text', signature, makeKeyPair().publicKey)).toBe(false)
    expect(verifyText('text', '', publicKey)).toBe(false)
    expect(verifyText('text', signature, 'nonsense')).toBe(false)
  })

  it('tells public, foreign and damaged keys', () => {
    const { publicPem } = makeKeyPair()
    expect(() => openPrivateKey(publicPem)).toThrow(/expected a private key in PEM/)
    expect(() => openPrivateKey('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')).toThrow(/damaged/)
    expect(() => openPrivateKey('')).toThrow(/found an empty file/)
    const whole = makeKeyPair('secret').privatePem
    for (const cut of [whole.slice(0, 150), whole.replace(/\n.*\n-----END/, '\n-----END')])
      expect(() => openPrivateKey(cut, 'secret')).toThrow(/damaged one: its end is missing/)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(() => publicKeyOf(privateKey)).toThrow(/expected an Ed25519 key/)
  })
})
