/** Consent records: what may be done with a person's face, by whom, until when. Nothing touches a face without one. */
export { appendAudit } from './audit.ts'
export { type Authorization, type AuthorizationRequest, authorize, type Party } from './authorize.ts'
export { loadBoundConsent } from './bound.ts'
export { recordOutput } from './outputs.ts'
export type { ConsentAction, FootageHash, SignedConsent } from './record.ts'
export { consentHash, loadConsent, parseConsent } from './signed.ts'
export { matchesSubject, requireSubject } from './subject.ts'
export type { Use } from './use.ts'
