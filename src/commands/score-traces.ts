import { probabilityOf } from '../detect/calibration.ts'
import { cropFace } from '../detect/crop.ts'
import { openDetectorNetwork } from '../detect/network.ts'
import type { TraceJudge } from '../score/traces.ts'
import type { Device } from '../tensor/index.ts'

/** The detector of `dfk detect`, as score asks for it. */
export async function openTraceJudge(device: Device): Promise<TraceJudge & { dispose(): Promise<void> }> {
  const network = await openDetectorNetwork(device)
  return {
    version: network.calibration.version,
    logit: async (picture, landmarks) => (await network.look(cropFace(picture, landmarks))).logit,
    probability: (logit) => probabilityOf(logit, network.calibration),
    dispose: () => network.dispose(),
  }
}
