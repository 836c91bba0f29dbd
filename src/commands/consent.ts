import type { CommandGroup } from './command.ts'
import { draft } from './consent-draft.ts'
import { keygen } from './consent-keygen.ts'
import { log } from './consent-log.ts'
import { purge } from './consent-purge.ts'
import { revoke } from './consent-revoke.ts'
import { countersign, sign } from './consent-sign.ts'
import { trust } from './consent-trust.ts'
import { show, verify } from './consent-verify.ts'

/** `dfk consent …`: records of who agreed to what. */
export const consent: CommandGroup = {
  name: 'consent',
  summary: 'write, sign, check and revoke consent records',
  example: 'dfk consent sign alice.json --key alice.key\ndfk consent verify alice.json\ndfk consent show alice.json --html alice.html',
  commands: [keygen, draft, sign, countersign, trust, verify, show, revoke, purge, log],
}
