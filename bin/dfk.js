#!/usr/bin/env node
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  console.error(
    'dfk: expected dfk to be built but found no dist/cli/main.js\n  hint: npm run build (a clone is built by that, and by npm run demo and npm test)',
  )
  process.exitCode = 1
}
