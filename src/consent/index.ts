/** Consent records: what may be done with a person's face, by whom, until when. Nothing touches a face without one. */
export { type Authorization, type AuthorizationRequest, authorize, type Party, type PartyRole } from './authorize.ts'
export { type OutputEntry, recordOutput } from './outputs.ts'
export type { ConsentAction, ConsentRecord, FootageHash, SignedConsent } from './record.ts'
export { consentHash, loadConsent, parseConsent } from './signed.ts'
export { matchesSubject, type SubjectMatch } from './subject.ts'
