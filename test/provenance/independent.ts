import { execFileSync } from 'node:child_process'

/** Reads files with the C2PA project's own library for Python; one JSON report a file on stdout. */
const SCRIPT = `
import json, sys
import c2pa
for job in json.load(sys.stdin):
    report = {}
    try:
        settings = {'verify': {'verify_trust': True}}
        if job.get('anchors'):
            settings['trust'] = {'user_anchors': job['anchors']}
        context = c2pa.Context(settings=c2pa.Settings.from_dict(settings))
        reader = c2pa.Reader(job['file'], context=context)
        store = json.loads(reader.json())
        results = store.get('validation_results', {})
        active = results.get('activeManifest', {})
        manifest = store['manifests'][store['active_manifest']]
        report = {
            'state': store['validation_state'],
            'failures': [each['code'] for each in active.get('failure', [])],
            'successes': [each['code'] for each in active.get('success', [])],
            'deltas': [each['code'] for delta in results.get('ingredientDeltas') or [] for each in delta['validationDeltas']['failure']],
            'manifests': len(store['manifests']),
            'manifest': manifest,
        }
    except Exception as error:
        report = {'state': 'unreadable', 'failures': [str(error)]}
    print(json.dumps(report))
`

/** What the other library says of a file. */
export interface OtherReport {
  readonly state: 'Valid' | 'Trusted' | 'Invalid' | 'unreadable'
  readonly failures: readonly string[]
  readonly successes: readonly string[]
  /** What failed of the ingredients' own manifests. */
  readonly deltas: readonly string[]
  readonly manifests: number
  readonly manifest: {
    readonly ingredients: readonly { readonly relationship: string; readonly title: string; readonly active_manifest?: string }[]
    readonly assertions: readonly { readonly label: string; readonly data: Record<string, unknown> }[]
    readonly signature_info: { readonly alg: string; readonly issuer: string; readonly time?: string }
  }
}

/** A Python that has PyPI's c2pa-python: DFK_PYTHON, or the system's; undefined where neither does. */
export const python = [process.env['DFK_PYTHON'], 'python3'].find((name) => {
  if (name === undefined || name === '') return false
  try {
    execFileSync(name, ['-c', 'import c2pa'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

/** Has files read by the other library. */
export function readElsewhere(jobs: readonly { readonly file: string; readonly anchors?: string | undefined }[]): OtherReport[] {
  const said = execFileSync(python!, ['-c', SCRIPT], { input: JSON.stringify(jobs), encoding: 'utf8', maxBuffer: 1 << 26 })
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OtherReport)
}
