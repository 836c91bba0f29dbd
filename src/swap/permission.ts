import {
  type Authorization,
  authorize,
  type FootageHash,
  loadBoundConsent,
  loadConsent,
  type Party,
  type SignedConsent,
} from '../consent/index.ts'
import { type Run, runConsentPath } from '../store/checkpoint.ts'

/** Under which records a swap may be rendered, and of whom. */
export interface Permission {
  readonly authorization: Authorization
  /** Records of the people in the clip whose faces may be replaced. */
  readonly people: readonly SignedConsent[]
}

function recordOf(run: Run, role: 'source' | 'target'): Promise<SignedConsent> {
  return loadBoundConsent(runConsentPath(run, role), run.config[role].consentHash, `${run.name} (${role})`)
}

/**
 * Asks the records in the run, and those in `extra` (the clip's other people), whether `outputs` swaps of this footage may be generated.
 * Throws RefusedError where one does not allow it or is not what the run was trained under.
 */
export async function permitSwap(request: {
  readonly home: string
  readonly run: Run
  readonly extra: readonly string[]
  readonly footage: readonly FootageHash[]
  readonly outputs: number
}): Promise<Permission> {
  const { home, run, extra, footage, outputs } = request
  const target = await recordOf(run, 'target')
  const others = await Promise.all(extra.map(loadConsent))
  const parties: Party[] = [
    { role: 'source', record: await recordOf(run, 'source') },
    ...[target, ...others].map((record): Party => ({ role: 'target', record })),
  ]
  return { authorization: authorize({ action: 'generate', parties, footage, home, outputs }), people: [target, ...others] }
}
