import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFinder } from '../../src/faces/find.ts'
import type { FoundFace } from '../../src/faces/index.ts'
import { MESH } from '../../src/faces/mesh.ts'
import { type Network, type OpenNetwork, openNetwork } from '../../src/faces/networks.ts'
import { SSD } from '../../src/faces/ssd.ts'
import { readPicture } from '../../src/media/index.ts'
import { type Device, openDevice } from '../../src/tensor/index.ts'
import { sharedData } from '../support/data.ts'

const still = sharedData('stills/solvay1927.jpg')

describe.skipIf(still === undefined)('a second search of the same picture', () => {
  let device: Device
  const open: OpenNetwork[] = []
  const looks = { [SSD.name]: 0, [MESH.name]: 0 }
  const counted = (network: Network): OpenNetwork => {
    const one = openNetwork(device, network)
    open.push(one)
    return {
      ...one,
      look(pictures) {
        looks[network.name]! += pictures.length
        return one.look(pictures)
      },
    }
  }
  beforeAll(async () => {
    device = await openDevice('cpu')
  })
  afterAll(async () => {
    for (const one of open) await one.dispose()
  })

  it('finds what one for the smaller faces finds, and looks at nothing twice', { timeout: 60_000 }, async () => {
    const find = createFinder(counted(SSD), counted(MESH))
    const picture = await readPicture(still!)
    const longest = Math.max(picture.width, picture.height)
    const [coarse, fine] = [0.06 * longest, 0.03 * longest]
    const lookedAt = async (options: Parameters<typeof find>[1]): Promise<[found: FoundFace[], ssd: number, mesh: number]> => {
      const before = { ...looks }
      const found = await find(picture, options)
      return [found, looks[SSD.name]! - before[SSD.name]!, looks[MESH.name]! - before[MESH.name]!]
    }
    const [few, tilesCoarse] = await lookedAt({ minSizePx: coarse })
    const [all, tilesFine, meshesFine] = await lookedAt({ minSizePx: fine })
    expect(all.length).toBeGreaterThan(few.length)
    const [both, tiles, meshes] = await lookedAt({ minSizePx: coarse, finer: { minSizePx: fine, suffices: () => false } })
    expect(both).toEqual(all)
    expect(tiles).toBe(tilesFine)
    expect(meshes).toBeLessThanOrEqual(meshesFine + 2) // two looks at one candidate, where a better one of the second search covers it
    const [enough, tilesEnough] = await lookedAt({
      minSizePx: coarse,
      finer: { minSizePx: fine, suffices: (found) => found.length === few.length },
    })
    expect(enough).toEqual(few)
    expect(tilesEnough).toBe(tilesCoarse)
  })
})
