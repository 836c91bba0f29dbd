import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { npm } from './npm.mjs'

/** The folder of an npm package in this version, fetched into `folder` if it is not there: packages that only a script needs, too large to be installed for everybody. */
export function fetchPackage(folder: string, name: string, version: string): string {
  const to = join(folder, `${name.replace('/', '-')}-${version}`)
  if (existsSync(to)) return to
  console.error(`fetching ${name}@${version} …`)
  mkdirSync(folder, { recursive: true })
  const scratch = mkdtempSync(join(folder, 'fetch-'))
  try {
    npm(['pack', `${name}@${version}`, '--silent', '--pack-destination', scratch])
    const [archive] = readdirSync(scratch)
    const { status } = spawnSync('tar', ['xzf', archive!], { cwd: scratch, stdio: 'inherit' })
    if (status !== 0) throw new Error(`expected tar to unpack ${archive} but it ended with ${status}`)
    renameSync(join(scratch, 'package'), to)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return to
}
