"""Makes the labelled files that the witnesses and their fusion are fitted and tested on, as users have them: whole pictures and clips, encoded.

python make_files.py stills faces.jsonl out [split]      →  out/<split>-stills/<method>/{real,fake}/p<person>-….{jpg,png}; all of one split where it is named
python make_files.py clips frames.jsonl faces.jsonl out  →  out/<split>-clips/<method>/{real,fake}/p<speaker>-….mp4
frames.jsonl: landmark lines of every frame …/<clip>/<number>.png of clips; faces.jsonl: those of stills, sources of the swaps.
`seam` is made by means that neither training nor make_test.py has (seam.py). Every fake has a real twin that went through the same wear, so that size and codec say nothing. People keep their split (faces.py).
"""

import os
import subprocess
import sys

import cv2
import numpy as np

from blend import fake_of, generated
from retouch import hull_mask, jitter, match_colour, thin_plate, with_forehead
from faces import GRID_SPLIT, people, read_faces, split_of, turn_of
from seam import brought, seamed

SEEN = ('self', 'alpha', 'poisson', 'decoder')  # kinds that training has
METHODS = (*SEEN, 'seam')
CLIP_METHODS = (*SEEN, 'frozen', 'seam')
CLIP_FRAMES = 40
# Faces a person in stills; of the training's people one, for the witnesses' own weights.
MOST_FACES = {'calibration': 3, 'test': 2, 'train': 1}


def feathered(source, target, points, rng):
    """Alpha blend within the hull, its edge drawn in and softened."""
    size = np.ptp(points, 0).max()
    mask = hull_mask(target.shape, with_forehead(points, 0.3))
    edge = max(1, int(size * rng.uniform(0.01, 0.05)))
    soft = cv2.GaussianBlur(cv2.erode(mask, np.ones((2 * edge + 1,) * 2, np.uint8)).astype(np.float32) / 255, (0, 0), max(0.5, edge * rng.uniform(0.4, 1)))
    return np.clip(source * soft[..., None] + target * (1 - soft[..., None]) + 0.5, 0, 255).astype(np.uint8)


def poisson(source, target, points):
    """OpenCV's seamlessClone; the picture is padded so that the mask never touches its edge."""
    pad = 8
    target, source = (cv2.copyMakeBorder(x, pad, pad, pad, pad, cv2.BORDER_REFLECT_101) for x in (target, source))
    mask = cv2.erode(hull_mask(target.shape, with_forehead(points + pad, 0.3)), np.ones((5, 5), np.uint8))
    mask[: pad // 2] = mask[-pad // 2 :] = 0
    mask[:, : pad // 2] = mask[:, -pad // 2 :] = 0
    x, y, w, h = cv2.boundingRect(mask)
    return cv2.seamlessClone(source, target, mask, (x + w // 2, y + h // 2), cv2.NORMAL_CLONE)[pad:-pad, pad:-pad]


def warped(other, picture, points):
    return match_colour(thin_plate(other['picture'], other['points'], points, picture.shape), picture, hull_mask(picture.shape, points))


def pair_of(method, face, other, rng):
    """(real, fake) before wear."""
    picture, points = face['picture'], face['points']
    if method == 'self':
        return fake_of(rng, face)
    if method == 'seam':
        return picture, seamed(brought(other, picture, points), picture, points, np.ptp(points, 0).max() * rng.uniform(0.005, 0.025))[0]
    source = warped(other, picture, points) if method != 'decoder' or rng.random() < 0.5 else picture
    if method == 'poisson':
        return picture, poisson(source, picture, points)
    if method == 'decoder':
        source = generated(rng, source, hull_mask(picture.shape, points), float(np.ptp(points, 0).max()))
    return picture, feathered(source, picture, points, rng)


def wear_still(seed, image):
    """(ending, bytes): untouched, or what files go through: resized, saved as JPEG once or twice."""
    rng = np.random.default_rng(seed)
    if rng.random() < 0.15:
        return '.png', cv2.imencode('.png', image[..., ::-1])[1]
    for _ in range(1 + int(rng.random() < 0.3)):
        if rng.random() < 0.4:
            image = cv2.resize(image, None, fx=(f := rng.uniform(0.55, 1.2)), fy=f, interpolation=cv2.INTER_AREA if f < 1 else cv2.INTER_CUBIC)
        data = cv2.imencode('.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 98))])[1]
        image = cv2.imdecode(data, 1)[..., ::-1]
    return '.jpg', data


def write_clip(path, frames, crf, options=()):
    """x264, 25 frames a second; `options`: of ffmpeg, before the encoder's."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    height, width = frames[0].shape[:2]
    command = ['ffmpeg', '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{width}x{height}', '-r', '25', '-i', '-', *options,
               '-c:v', 'libx264', '-crf', str(crf), '-pix_fmt', 'yuv420p', '-threads', '1', path]
    subprocess.run(command, input=b''.join(np.ascontiguousarray(f).tobytes() for f in frames), check=True)


def encode(path, frames, seed):
    """x264 as sites and phones leave it; the same `seed` does the same to a swap and its original."""
    rng = np.random.default_rng(seed)
    scale = rng.choice([1, 1, 0.8, 0.65])
    height, width = (int(side * scale) // 2 * 2 for side in frames[0].shape[:2])
    write_clip(path, frames, int(rng.integers(18, 29)), ('-vf', f'scale={width}:{height}', '-preset', 'fast'))


def read_picture(path):
    return cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)


def chosen_faces(path, only=None):
    faces = read_faces(path)
    counts = {}
    for face, split, person in zip(faces, [only] * len(faces) if only else split_of(faces), people(faces)):
        face.update(split=split, person=int(person))
        counts[person] = counts.get(person, 0) + 1
        if counts[person] <= MOST_FACES[split]:
            face['picture'] = read_picture(face['file'])
            yield face


def other_than(face, faces, rng):
    """Of a dozen other people of the split the one whose head is turned most alike: a swap's source fits."""
    others = [f for f in faces if f['split'] == face['split'] and f['person'] != face['person']]
    some = [others[int(rng.integers(len(others)))] for _ in range(12)]
    return min(some, key=lambda f: abs(turn_of(f['points']) - turn_of(face['points'])))


def stills(faces_path, out, only=None):
    faces = list(chosen_faces(faces_path, only))
    for i, face in enumerate(faces):
        rng = np.random.default_rng(i)
        methods = METHODS if face['split'] != 'train' else [SEEN[int(rng.integers(len(SEEN)))]]
        for method in methods:
            real, fake = pair_of(method, face, other_than(face, faces, rng), rng)
            seed = int(rng.integers(2**31))
            for label, image in (('real', real), ('fake', fake)):
                ending, data = wear_still(seed, image)
                folder = f"{out}/{face['split']}-stills/{method}/{label}"
                os.makedirs(folder, exist_ok=True)
                open(f"{folder}/p{face['person']}-{i}{ending}", 'wb').write(data.tobytes())


def fake_clip(method, frames, points, source, rng):
    """One way of swapping for the whole clip: what is chosen at random is chosen once, what a real tool does frame by frame is done so."""
    seed, first = int(rng.integers(2**31)), frames[0]
    flicker, level = rng.uniform(0, 1.5), rng.uniform(-8, 8, 3)
    own, path = rng.random() < 0.5, None
    for frame, here in zip(frames, points):
        same = np.random.default_rng(seed)
        if method == 'self':
            moved = jitter(same, frame, here, frame.shape)
            moved = jitter_slightly(rng, moved, here)
            yield feathered(np.clip(moved + level, 0, 255), frame, here, same)
        elif method == 'frozen':
            matrix, _ = cv2.estimateAffinePartial2D(points[0], here)
            still = cv2.warpAffine(first, matrix, frame.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
            yield feathered(match_colour(still, frame, hull_mask(frame.shape, here)), frame, here, same)
        elif method == 'decoder':
            face = frame if own else warped(source, frame, here)
            made = generated(same, face, hull_mask(frame.shape, here), float(np.ptp(here, 0).max()))
            yield feathered(np.clip(made + level / 2 + rng.normal(0, flicker), 0, 255), frame, here, same)
        elif method == 'seam':
            made, path = seamed(brought(source, frame, here), frame, here, np.ptp(here, 0).max() * same.uniform(0.005, 0.025), path)
            yield made
        elif method == 'alpha':
            yield feathered(warped(source, frame, here), frame, here, same)
        else:
            yield poisson(warped(source, frame, here), frame, here)


def jitter_slightly(rng, image, points):
    shift = rng.normal(0, 0.003, 2) * np.ptp(points, 0).max()
    return cv2.warpAffine(image, np.float32([[1, 0, shift[0]], [0, 1, shift[1]]]), image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def clips(frames_path, faces_path, out):
    sources = [f for f in chosen_faces(faces_path) if '/grid/' not in f['file'] and f['picture'].std(2).mean() > 6]
    found = {}
    for face in read_faces(frames_path):
        found.setdefault(face['file'].split('/')[-2], {}).setdefault(face['file'], face)
    for clip, faces in found.items():
        split = GRID_SPLIT.get(clip, 'test')
        faces = [faces[name] for name in sorted(faces)]
        for turn, start in enumerate((0, max(0, len(faces) - CLIP_FRAMES))):
            chosen = faces[start : start + CLIP_FRAMES]
            frames = [read_picture(f['file']) for f in chosen]
            rng = np.random.default_rng(sum(clip.encode()) + turn)
            for n, method in enumerate(CLIP_METHODS):
                source = other_than({'split': split, 'person': None, 'points': chosen[0]['points']}, sources, rng)
                seed, name = int(rng.integers(2**31)), f'p{clip}-{start}.mp4'
                encode(f'{out}/{split}-clips/{method}/fake/{name}', list(fake_clip(method, frames, [f['points'] for f in chosen], source, rng)), seed)
                encode(f'{out}/{split}-clips/{method}/real/{name}', frames, seed)


if __name__ == '__main__':
    kind, *rest = sys.argv[1:]
    {'stills': stills, 'clips': clips}[kind](*rest)
