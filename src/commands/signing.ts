import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Signing } from '../provenance/index.ts'
import { UsageError } from '../work/errors.ts'

/** The flags of whatever signs outputs. */
export const signingOptions = z.object({
  cert: z
    .string()
    .optional()
    .meta({ flag: '--cert <chain.pem>' })
    .describe("certificates to sign outputs with, the signer's first (or DFK_CERT; default: one that dfk makes itself)"),
  key: z.string().optional().meta({ flag: '--key <key.pem>' }).describe('private key of the first certificate (or DFK_CERT_KEY)'),
  keyPassphraseFile: z
    .string()
    .optional()
    .meta({ flag: '--key-passphrase-file <file>' })
    .describe('file with the passphrase of that key (or DFK_CERT_PASSPHRASE_FILE, or the passphrase in DFK_CERT_PASSPHRASE)'),
  tsa: z
    .string()
    .optional()
    .meta({ flag: '--tsa <url>' })
    .describe('time-stamp authority that confirms when an output was signed, RFC 3161 (or DFK_TSA)'),
})
type SigningAsked = z.output<typeof signingOptions>

/** The value of a flag, or of the environment variable that stands in for it; an empty one is none. */
function given(flag: string | undefined, name: string): string | undefined {
  return flag ?? (process.env[name] || undefined)
}

function passphraseOf({ keyPassphraseFile }: SigningAsked): string | undefined {
  const path = given(keyPassphraseFile, 'DFK_CERT_PASSPHRASE_FILE')
  if (path === undefined) return process.env['DFK_CERT_PASSPHRASE'] || undefined
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    throw new UsageError(`--key-passphrase-file: expected a passphrase in ${path} but found no file that can be read`, { cause })
  }
}

/** Most public authorities answer over http alone; that does no harm, since what they answer is signed. */
function checkUrl(tsa: string): void {
  if (URL.canParse(tsa) && /^https?:$/.test(new URL(tsa).protocol)) return
  throw new UsageError(`--tsa: expected the http or https address of a time-stamp authority but found ${tsa}`)
}

/**
 * Who signs: the studio whose certificate and key are given, checked; and who confirms the time, asked once, so that nothing is rendered in vain. Throws UsageError for
 * what C2PA would not take, DfkError where the authority does not answer.
 */
export async function openSigning(asked: SigningAsked, isTrial: boolean): Promise<Signing> {
  const { askTimeStamp, openStudioSigner } = await import('../provenance/index.ts')
  const cert = given(asked.cert, 'DFK_CERT')
  const key = given(asked.key, 'DFK_CERT_KEY')
  const tsa = given(asked.tsa, 'DFK_TSA')
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError(`expected --cert and --key together but found only ${cert === undefined ? '--key' : '--cert'}`)
  const signer =
    cert === undefined || key === undefined ? undefined : openStudioSigner({ cert, key, passphrase: passphraseOf(asked) }, new Date())
  if (tsa !== undefined) {
    checkUrl(tsa)
    if (!isTrial)
      await askTimeStamp(tsa, Buffer.from('dfk'), 'run the same command again later, choose another authority, or leave --tsa away')
  }
  return { signer, tsa }
}

/** Who answers for an output: whoever is asked for, else the organisation of the studio's certificate, if there is one. */
export async function findProvider(asked: string | undefined, { signer }: Signing): Promise<string | undefined> {
  if (asked !== undefined || signer === undefined) return asked
  const { organizationOf } = await import('../provenance/index.ts')
  return organizationOf(signer)
}
