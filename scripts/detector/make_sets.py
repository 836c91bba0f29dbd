"""Writes the labelled pictures that calibration and the held-out test are measured on, for `score.ts` to run dfk's own pipeline over.

python make_sets.py faces.jsonl out-folder   →  out-folder/{calibration,test}/{plain,worn}/{real,fake}/*.png

Whole pictures, not crops: detection, landmarks and framing are dfk's own. People of the two sets and of training are apart.
"""

import argparse
import os

import cv2
import numpy as np

from blend import degrade, fake_of
from faces import read_faces, people, split_of

REPEATS = {'calibration': {'plain': 2, 'worn': 4}, 'test': {'plain': 1, 'worn': 2}}


def wear_kinds(image):
    """The named wear of the test: what files go through on their way."""
    height, width = image.shape[:2]
    half = cv2.resize(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), (width, height), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1).normal(0, 8, image.shape)
    jpeg = lambda quality: cv2.cvtColor(cv2.imdecode(cv2.imencode('.jpg', cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1), cv2.COLOR_BGR2RGB)
    return {'jpeg50': jpeg(50), 'half': half, 'blur': cv2.GaussianBlur(image, (0, 0), 1.5), 'noise': np.clip(image + noise, 0, 255).astype(np.uint8)}


def write(folder, name, image):
    os.makedirs(folder, exist_ok=True)
    cv2.imwrite(f'{folder}/{name}.png', cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('faces')
    parser.add_argument('out')
    args = parser.parse_args()
    faces = read_faces(args.faces)
    for face, split, person in zip(faces, split_of(faces), people(faces)):
        face.update(split=split, person=person)
    for split, repeats in REPEATS.items():
        chosen = [f for f in faces if f['split'] == split]
        for face in chosen:
            face['picture'] = cv2.cvtColor(cv2.imread(face['file']), cv2.COLOR_BGR2RGB)
        rng = np.random.default_rng(11 if split == 'test' else 5)
        for i, face in enumerate(chosen):
            for kind, count in repeats.items():
                for n in range(count):
                    other = chosen[int(rng.integers(len(chosen)))] if rng.random() < 0.25 else None
                    other = None if other is None or other['person'] == face['person'] else other
                    _, fake = fake_of(rng, face, other)
                    seed = int(rng.integers(2**31))
                    pair = {'real': face['picture'], 'fake': fake}  # the untouched picture is the real one
                    for label, image in pair.items():
                        if kind == 'plain' and label == 'real' and n > 0:
                            continue
                        write(f'{args.out}/{split}/{kind}/{label}', f'{i:03d}-{n}', degrade(seed, image) if kind == 'worn' else image)
                        if split == 'test' and kind == 'plain':
                            for wear, worn in wear_kinds(image).items():
                                write(f'{args.out}/{split}/{wear}/{label}', f'{i:03d}-{n}', worn)


if __name__ == '__main__':
    main()
