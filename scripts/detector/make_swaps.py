"""Makes test swaps of clips with a method that training never saw: one still of another person, warped on by landmarks (thin plate) and
Poisson-blended (OpenCV's seamlessClone), frame by frame.

python make_swaps.py clips.jsonl sources.jsonl out-folder
clips.jsonl: landmark lines of frames `…/<clip>/<number>.png`, evenly spread over the clip; sources.jsonl: landmark lines of stills, of which the
test people's are used. Writes out-folder/{real,fake}/<clip>-<part>[-<source>].mp4 at CRF 18, of 24 frames each.
"""

import argparse
import os
import subprocess

import cv2
import numpy as np

from blend import hull_mask, match_colour, thin_plate, with_forehead
from faces import read_faces, split_of

PART = 24


def swap(frame, points, source):
    warped = match_colour(thin_plate(source['picture'], source['points'], points, frame.shape), frame, hull_mask(frame.shape, points))
    mask = hull_mask(frame.shape, with_forehead(points, 0.35))
    mask = cv2.erode(mask, np.ones((5, 5), np.uint8))
    mask[:2] = mask[-2:] = 0
    mask[:, :2] = mask[:, -2:] = 0
    x, y, w, h = cv2.boundingRect(mask)
    return cv2.seamlessClone(warped, frame, mask, (x + w // 2, y + h // 2), cv2.NORMAL_CLONE)


def encode(path, frames):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    height, width = (side // 2 * 2 for side in frames[0].shape[:2])
    command = ['ffmpeg', '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{width}x{height}', '-r', '8', '-i', '-', '-c:v', 'libx264',
               '-crf', '18', '-pix_fmt', 'yuv420p', '-threads', '1', path]
    subprocess.run(command, input=b''.join(f[:height, :width].tobytes() for f in frames), check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('clips')
    parser.add_argument('sources')
    parser.add_argument('out')
    args = parser.parse_args()
    stills = read_faces(args.sources)
    stills = [f for f, split in zip(stills, split_of(stills)) if split == 'test' and '/grid/' not in f['file']]
    frontal = [f for f in stills if abs(f['points'][30, 0] - f['points'][[0, 16], 0].mean()) < 0.12 * np.ptp(f['points'][:, 0])]
    for face in frontal:
        face['picture'] = cv2.cvtColor(cv2.imread(face['file']), cv2.COLOR_BGR2RGB)
    frontal = [f for f in frontal if f['picture'].std(2).mean() > 6]  # in colour
    clips = {}
    for face in read_faces(args.clips):
        clips.setdefault(face['file'].split('/')[-2], []).append(face)
    rng = np.random.default_rng(2)
    for clip, faces in clips.items():
        faces.sort(key=lambda f: f['file'])
        for part in range(len(faces) // PART):
            chosen = faces[part * PART : (part + 1) * PART]
            frames = [cv2.cvtColor(cv2.imread(f['file']), cv2.COLOR_BGR2RGB) for f in chosen]
            encode(f'{args.out}/real/{clip}-{part}.mp4', frames)
            for turn in range(2):
                source = frontal[int(rng.integers(len(frontal)))]
                name = os.path.splitext(os.path.basename(source['file']))[0]
                encode(f'{args.out}/fake/{clip}-{part}-{name}.mp4', [swap(f, face['points'], source) for f, face in zip(frames, chosen)])


if __name__ == '__main__':
    main()
