import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A network that the pipeline needs, and whether its files are in the installed package. */
export interface ModelFile {
  readonly name: string
  readonly package: string
  readonly use: string
  readonly found: boolean
}

const require = createRequire(import.meta.url)

const NEEDED: readonly (Omit<ModelFile, 'found'> & { readonly files: readonly string[] })[] = [
  {
    name: 'ssd_mobilenetv1',
    package: '@vladmandic/face-api',
    use: 'finds faces',
    files: ['model/ssd_mobilenetv1_model-weights_manifest.json', 'model/ssd_mobilenetv1_model.bin'],
  },
  {
    name: 'face_recognition',
    package: '@vladmandic/face-api',
    use: 'tells people apart',
    files: ['model/face_recognition_model-weights_manifest.json', 'model/face_recognition_model.bin'],
  },
  { name: 'facemesh', package: '@vladmandic/human', use: 'landmarks', files: ['models/facemesh.json', 'models/facemesh.bin'] },
  { name: 'iris', package: '@vladmandic/human', use: 'sees eyes in score and swap', files: ['models/iris.json', 'models/iris.bin'] },
  {
    name: 'nsfwjs',
    package: 'nsfwjs',
    use: 'finds explicit footage in collect and swap',
    files: ['model', 'group1-shard1of2', 'group1-shard2of2'].map((file) => `models/mobilenet_v2_mid/${file}.min.js`),
  },
  { name: 'base-quick', package: 'dfk', use: 'what train --preset quick begins with', files: ['models/base-quick.safetensors'] },
  { name: 'base-standard', package: 'dfk', use: 'what train --preset standard begins with', files: ['models/base-standard.safetensors'] },
  {
    name: 'detector',
    package: 'dfk',
    use: 'tells manipulated faces in detect',
    files: ['models/detector.safetensors', 'models/detector.json'],
  },
  { name: 'occlusion', package: 'dfk', use: 'sees what is in front of faces in swap', files: ['models/occlusion.safetensors'] },
  { name: 'enhancer', package: 'dfk', use: 'makes close-ups finer in swap --enhance', files: ['models/enhancer.safetensors'] },
  { name: 'faceres', package: '@vladmandic/human', use: 'judges identity in score', files: ['models/faceres.json', 'models/faceres.bin'] },
]

function packageFolder(name: string): string {
  if (name === 'dfk') return fileURLToPath(new URL('../../', import.meta.url))
  // The others keep their entry point in a folder beside that of the models, and export no package.json.
  return dirname(dirname(require.resolve(name)))
}

async function present(name: string, file: string): Promise<boolean> {
  try {
    const found = await stat(join(packageFolder(name), file))
    return found.size > 0
  } catch {
    return false
  }
}

/** Looks for the files of the pretrained face networks. */
export function checkModels(): Promise<ModelFile[]> {
  return Promise.all(
    NEEDED.map(async ({ files, ...model }) => {
      const all = await Promise.all(files.map((file) => present(model.package, file)))
      return { ...model, found: all.every(Boolean) }
    }),
  )
}
