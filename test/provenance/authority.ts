import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** Whether there is an openssl to play authorities with. */
export const hasOpenssl = (() => {
  try {
    return /OpenSSL (1\.1|[3-9])/.test(execFileSync('openssl', ['version'], { encoding: 'utf8' }))
  } catch {
    return false
  }
})()

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

const KEYS = {
  'P-256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  Ed25519: ['-algorithm', 'ED25519'],
  RSA: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
}

export interface StudioWish {
  readonly kind?: keyof typeof KEYS
  readonly usage?: string
  readonly purposes?: string
  /** Days for which the leaf is valid; negative: it is not any more. */
  readonly days?: number
  readonly passphrase?: string
}

export interface Studio {
  /** Leaf and intermediate authority, PEM. */
  readonly cert: string
  readonly key: string
  /** PEM of the root. */
  readonly root: string
  readonly leaf: string
  readonly intermediate: string
}

/** A root, an authority under it and a studio's certificate under that, in `folder`. */
export function makeStudio(folder: string, wish: StudioWish = {}): Studio {
  const { kind = 'P-256', usage = 'critical,digitalSignature', purposes = 'emailProtection', days = 30, passphrase } = wish
  mkdirSync(folder, { recursive: true })
  const at = (name: string) => join(folder, name)
  const ca =
    'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid'
  const lines = [
    'basicConstraints=critical,CA:FALSE',
    ...[usage && `keyUsage=${usage}`, purposes && `extendedKeyUsage=${purposes}`],
    ...['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'],
  ]
  writeFileSync(at('ca.ext'), ca)
  writeFileSync(at('leaf.ext'), lines.filter(Boolean).join('\n'))
  const issue = (name: string, by: string | undefined, subject: string, ext: string, valid: number) => {
    openssl(['genpkey', ...KEYS[name === 'leaf' ? kind : 'P-256'], '-out', at(`${name}.key`)])
    openssl(['req', '-new', '-key', at(`${name}.key`), '-subj', subject, '-out', at(`${name}.csr`)])
    const signing =
      by === undefined ? ['-signkey', at(`${name}.key`)] : ['-CA', at(`${by}.pem`), '-CAkey', at(`${by}.key`), '-CAcreateserial']
    openssl(['x509', '-req', '-in', at(`${name}.csr`), ...signing, '-days', String(valid), '-extfile', at(ext), '-out', at(`${name}.pem`)])
  }
  issue('root', undefined, '/O=Example Roots/CN=Root', 'ca.ext', 60)
  issue('sub', 'root', '/O=Example Roots/CN=Issuing', 'ca.ext', 60)
  issue('leaf', 'sub', '/O=Studio Example/CN=Studio Example signing', 'leaf.ext', days)
  const [leaf, intermediate] = [readFileSync(at('leaf.pem'), 'utf8'), readFileSync(at('sub.pem'), 'utf8')]
  writeFileSync(at('chain.pem'), leaf + intermediate)
  if (passphrase !== undefined)
    openssl(['pkcs8', '-topk8', '-in', at('leaf.key'), '-passout', `pass:${passphrase}`, '-out', at('locked.key')])
  const key = at(passphrase === undefined ? 'leaf.key' : 'locked.key')
  return { cert: at('chain.pem'), key, root: readFileSync(at('root.pem'), 'utf8'), leaf, intermediate }
}

export interface TimeStampAuthority {
  readonly url: string
  /** PEM of its root. */
  readonly root: string
  /** Requests answered so far. */
  readonly asked: () => number
  close(): Promise<void>
}

/** A time-stamp authority (RFC 3161) on this machine, made of `openssl ts`. */
export async function openAuthority(folder: string): Promise<TimeStampAuthority> {
  const { root } = makeStudio(folder, { purposes: 'critical,timeStamping' })
  const at = (name: string) => join(folder, name)
  writeFileSync(
    at('tsa.cnf'),
    `[tsa]
default_tsa = t
[t]
serial = ${at('serial')}
crypto_device = builtin
signer_cert = ${at('leaf.pem')}
certs = ${at('sub.pem')}
signer_key = ${at('leaf.key')}
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384
accuracy = secs:1
ess_cert_id_alg = sha256
`,
  )
  writeFileSync(at('serial'), '01')
  let asked = 0
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked++
      writeFileSync(at('query.tsq'), Buffer.concat(chunks))
      openssl(['ts', '-reply', '-config', at('tsa.cnf'), '-queryfile', at('query.tsq'), '-out', at('reply.tsr')])
      response.setHeader('content-type', 'application/timestamp-reply')
      response.end(readFileSync(at('reply.tsr')))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/tsa`,
    root,
    asked: () => asked,
    close: () => new Promise((done) => server.close(() => done())),
  }
}
