import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    env: { DFK_CACHE: fileURLToPath(new URL('.cache/compiled', import.meta.url)) },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
