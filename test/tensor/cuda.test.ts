import { afterEach, describe, expect, it, vi } from 'vitest'
import * as cudaFiles from '../../src/tensor/cudaFiles.ts'
import { openDevice, probeDevices } from '../../src/tensor/index.ts'

vi.mock(import('../../src/tensor/cudaFiles.ts'), async (original) => {
  const { hasCudaBuild, hasNvidiaDriver, checkCudaFiles, ...rest } = await original()
  return { ...rest, hasCudaBuild: vi.fn(hasCudaBuild), hasNvidiaDriver: vi.fn(hasNvidiaDriver), checkCudaFiles: vi.fn(checkCudaFiles) }
})

const file = (name: string, own: boolean, path: string | null) => ({ name, device: 'cuda' as const, own, path })
const cuda = (await probeDevices()).find(({ name }) => name === 'cuda')!

/** What openDevice('cuda') says, in one line. */
const refusal = () =>
  openDevice('cuda').then(
    () => 'none',
    (error: Error & { hint: string }) => `${error.message} | ${error.hint}`,
  )

afterEach(() => {
  vi.resetAllMocks()
})

describe.skipIf(cuda.available)('cuda where it does not work', () => {
  it('says which system it is for', async () => {
    vi.mocked(cudaFiles.hasCudaBuild).mockReturnValue(false)
    expect(await refusal()).toMatch(/^expected Linux on x64 .* but found \w+ on \w+ \| .*--device webgpu/)
    expect((await openDevice('auto')).reason).toMatch(/no NVIDIA GPU/)
  })

  it('asks for the driver', async () => {
    vi.mocked(cudaFiles.hasCudaBuild).mockReturnValue(true)
    vi.mocked(cudaFiles.hasNvidiaDriver).mockReturnValue(false)
    expect(await refusal()).toMatch(/^expected NVIDIA's driver .* but found none \| install the driver/)
  })

  it("names what is missing of onnxruntime-node's own files, and the command that gets it", async () => {
    vi.mocked(cudaFiles.hasCudaBuild).mockReturnValue(true)
    vi.mocked(cudaFiles.hasNvidiaDriver).mockReturnValue(true)
    vi.mocked(cudaFiles.checkCudaFiles).mockReturnValue([file('provider.so', true, null), file('libcudart.so.12', false, '/here')])
    expect(await refusal()).toMatch(/found no provider.so \| .*ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node$/)
    const auto = await openDevice('auto')
    expect([auto.name, auto.reason]).toEqual(['cpu', expect.stringMatching(/NVIDIA GPU is of no use yet.*provider.so/)])
  })

  it('says what happened where the files are there and it does not run', async () => {
    vi.mocked(cudaFiles.hasCudaBuild).mockReturnValue(true)
    vi.mocked(cudaFiles.hasNvidiaDriver).mockReturnValue(true)
    vi.mocked(cudaFiles.checkCudaFiles).mockReturnValue([file('provider.so', true, '/here'), file('libcudnn.so.9', false, null)])
    expect(await refusal()).toMatch(
      /^expected the device "cuda" to compute but found: .+; not found in the usual places: libcudnn.so.9 \| /,
    )
  })
})
