import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Run } from '../../src/store/checkpoint.ts'
import { appendStats, trimStats } from '../../src/train/stats.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('stats')
const run = { name: 'stats', folder, config: {} as Run['config'] }
const path = join(folder, 'stats.jsonl')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const entry = (step: number) => ({ step, loss: 1, source: 1, target: 1, rate: 1, augment: 1, stepMs: 1, waitShare: 0, elapsedMs: 1 })
const lines = () => readFileSync(path, 'utf8').split('\n')

it('losses of steps after the last checkpoint go, and so do broken lines', async () => {
  for (const step of [50, 100, 150]) await appendStats(run, entry(step))
  writeFileSync(path, `${readFileSync(path, 'utf8').replace('\n', '\n\0\0{"st\n')}{"step":1`)
  mkdirSync(join(folder, 'previews'))
  for (const name of ['step-000100.png', 'step-000150.png', 'mine.png']) writeFileSync(join(folder, 'previews', name), '')
  await trimStats(run, 100)
  expect(lines()).toEqual([JSON.stringify(entry(50)), JSON.stringify(entry(100)), ''])
  await appendStats(run, entry(150))
  expect(readdirSync(join(folder, 'previews'))).toEqual(['mine.png', 'step-000100.png'])
  expect(lines().slice(2)).toEqual([JSON.stringify(entry(150)), ''])
})

it('no losses at all are none to trim', async () => {
  rmSync(path)
  await trimStats(run, 100)
  expect(existsSync(path) ? lines() : ['']).toEqual([''])
})
