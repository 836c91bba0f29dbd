import { openFaceAnalyser } from '../faces/index.ts'
import { openDevice } from '../tensor/index.ts'
import type { Examiner } from './look.ts'
import { openDetectorNetwork } from './network.ts'
import { openWatermarkReader } from './watermark.ts'

/** An examiner that can be put away. */
export interface OpenExaminer extends Examiner {
  dispose(): Promise<void>
}

/** Opens what looks at faces, on the device of a name; `watermarks`: and, in a thread of its own, what looks for dfk's mark. */
export async function openExaminer(name: Parameters<typeof openDevice>[0], watermarks = false): Promise<OpenExaminer> {
  const device = await openDevice(name)
  const analyser = await openFaceAnalyser(device)
  const network = await openDetectorNetwork(device)
  const reader = watermarks ? openWatermarkReader() : undefined
  return {
    analyser,
    network,
    watermarks: reader,
    async dispose() {
      await analyser.dispose()
      await network.dispose()
      await reader?.close()
    },
  }
}
