import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // One thread a process: the other worker has the other core.
    env: { DFK_CACHE: fileURLToPath(new URL('.cache/compiled', import.meta.url)), DFK_THREADS: '1' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
