"""Makes clips of stills for the clips' calibration: few people are to be had in clips, hundreds in stills.

python make_moved.py faces.jsonl out [split]    →  out/moved/<method>/{real,fake}/p<person>-<n>.mp4     (faces.jsonl: of stills; all of one split where it is named)
A picture is moved as by a hand that holds the camera, with fresh noise in every frame, swapped frame by frame with landmarks that tremble, and encoded with x264; the real twin
goes through the same. A person is swapped in two of the ways that training has, and in the one that it has not. What the network reads in it is that of clips; noise, seams and motion are not, so that no other witness is fitted on it (readings.py).
"""

import sys

import cv2
import numpy as np

from make_files import METHODS, SEEN, chosen_faces, encode, fake_clip, other_than

FRAMES = 10
TREMBLE = 0.004  # of the landmarks, in face sizes
LARGEST_FACE, LARGEST_SIDE = 240, 960


def moved(face, rng):
    """(frames, points of each): the picture, shrunk to a clip's size, on a smooth path of shifts, turns and scales."""
    picture, points = face['picture'], face['points']
    scale = min(1, rng.uniform(0.45, 1) * LARGEST_FACE / np.ptp(points, 0).max(), LARGEST_SIDE / max(picture.shape[:2]))
    scale = max(scale, min(1, 120 / np.ptp(points, 0).max()))  # faces stay large enough to be judged
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    points, size = points * scale, np.ptp(points, 0).max() * scale
    time, phase = np.linspace(0, 1, FRAMES), rng.uniform(0, 2 * np.pi, 4)
    shift = [size * rng.uniform(0.01, 0.05) * np.sin(2 * np.pi * time * rng.uniform(0.5, 1.5) + p) for p in phase[:2]]
    turn, grow = (rng.uniform(0, most) * np.sin(2 * np.pi * time + p) for most, p in zip((2, 0.03), phase[2:]))
    frames, places = [], []
    level = rng.uniform(0, 2.5)
    for x, y, angle, factor in zip(*shift, turn, grow):
        matrix = cv2.getRotationMatrix2D(tuple(map(float, points.mean(0))), float(angle), 1 + float(factor))
        matrix[:, 2] += x, y
        frame = cv2.warpAffine(picture, matrix, picture.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        frames.append(np.clip(frame + rng.normal(0, level, frame.shape) + 0.5, 0, 255).astype(np.uint8))
        here = points @ matrix[:, :2].T + matrix[:, 2] + rng.normal(0, TREMBLE * size / 3, points.shape)
        places.append(here.astype(np.float32))
    return frames, places


def main(faces_path, out, only=None):
    faces, seen = [f for f in chosen_faces(faces_path, only) if f['split'] == 'calibration'], set()
    for number, face in enumerate(faces):
        if face['person'] in seen or '/grid/' in face['file']:
            continue
        seen.add(face['person'])
        for method in (SEEN[len(seen) % 2], SEEN[2 + len(seen) // 2 % 2], 'seam'):
            rng = np.random.default_rng([number, METHODS.index(method)])
            frames, places = moved(face, rng)
            source, seed, name = other_than(face, faces, rng), int(rng.integers(2**31)), f"p{face['person']}-{number}.mp4"
            encode(f'{out}/moved/{method}/fake/{name}', list(fake_clip(method, frames, places, source, rng)), seed)
            encode(f'{out}/moved/{method}/real/{name}', frames, seed)


if __name__ == '__main__':
    cv2.setNumThreads(1)
    main(*sys.argv[1:])
