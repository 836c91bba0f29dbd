import { expect, it } from 'vitest'
import { type Measured, reportOf } from '../../bench/stepReport.ts'

const asked = { preset: 'quick', threads: 2, peerDevice: 'cpu' }
const alone: Measured = {
  step: { about: 'quick', parameters: 100, gan: true },
  device: 'cpu',
  run: {
    ...{ compileMs: 300, firstMs: 200, runMs: 110, runManyMs: 100, gemmPeak: 400e9 },
    ...{ peakBytes: 700e6, estimateBytes: 250e6, javascriptShare: 0.01 },
  },
  memory: { peakBytes: 700e6, bytesBefore: 170e6 },
  keptCompileMs: 90,
  flops: 20e9,
  tensorflow: { missing: 'expected libtensorflow but found none' },
}
const figures = { runManyMs: 250, peakShare: 0.2, memory: { peakBytes: 1e9, bytesBefore: 2e8 } }
const torch = { firstMs: 250, ms: 125, memory: { peakBytes: 600e6, bytesBefore: 230e6 } }
const table = (measured: Measured) =>
  reportOf(asked, measured)
    .rows.map((row) => row.join('  '))
    .join('\n')

it('shows what there is without a peer, and no ratio', () => {
  const report = reportOf(asked, alone)
  expect(report.ratio).toBeUndefined()
  expect(report.figures).toMatchObject({
    peakShare: 0.5,
    javascriptShare: 0.01,
    compileMs: 300,
    keptCompileMs: 90,
    memory: { estimateBytes: 250e6 },
  })
  expect(table(alone)).toContain('not measured: expected libtensorflow')
  expect(table(alone)).toContain('50 % of the peak')
})

it('divides by torch where it ran, else by tfjs-node', () => {
  const eager = { ...alone, tensorflow: { figures } }
  expect(reportOf(asked, eager).ratio).toBe(2.5)
  const both = { ...eager, run: { ...alone.run, peer: torch }, peer: { version: 'torch 2.13.0', parameters: 100 } }
  const report = reportOf(asked, both)
  expect(report.ratio).toBe(1.25)
  expect(report.figures).toMatchObject({ peerPeakShare: 0.4, peerMemory: { peakBytes: 600e6 }, tensorflow: figures })
  expect(table(both)).toContain('40 % of the peak')
  expect(table(both)).toContain('20 % of its own peak')
})

it("does not measure torch on another device by our device's peak", () => {
  const run = { ...alone.run, peer: torch }
  const elsewhere = reportOf({ ...asked, peerDevice: 'cuda' }, { ...alone, run, peer: { version: 'torch', parameters: 100 } })
  expect(elsewhere.rows.find(([what]) => what.startsWith('torch, cuda, eager'))?.[1]).not.toContain('peak')
})
