"""Faces as pairs.ts left them, worn as plates of a generator are."""

import functools
import json
import zlib

import cv2
import numpy as np

FINE, PLATE = 256, 64
CROP = 160
# Of the people, every so many-th is for validation.
HELD_OUT = 12
# A soft picture has nothing to teach: the share of the sharpest to take.
SHARPEST = 0.85


def sharpness(fine, hull):
    """How much of the finest band a face has, over its contrast."""
    gray = cv2.cvtColor(fine, cv2.COLOR_RGB2GRAY).astype(np.float32)
    band = gray - cv2.GaussianBlur(gray, (0, 0), 1.5)
    inside = hull > 127
    return float(np.sqrt((band[inside] ** 2).mean()) / (gray[inside].std() + 5))


def load(folder):
    """The faces of a folder of pairs.ts: training and held-out, as dictionaries. All faces of one file are on one side."""
    lines = [json.loads(line) for line in open(f'{folder}/faces.jsonl')]
    n = len(lines)
    fine = np.fromfile(f'{folder}/fine.raw', np.uint8, n * FINE * FINE * 3).reshape(n, FINE, FINE, 3)
    plate = np.fromfile(f'{folder}/plate.raw', np.uint8, n * PLATE * PLATE * 3).reshape(n, PLATE, PLATE, 3)
    hull = np.fromfile(f'{folder}/hull.raw', np.uint8, n * FINE * FINE).reshape(n, FINE, FINE)
    faces = [{'name': l['name'], 'fine': f, 'plate': p, 'hull': h} for l, f, p, h in zip(lines, fine, plate, hull)]
    sharp = np.array([sharpness(f['fine'], f['hull']) for f in faces])
    faces = [f for f, s in zip(faces, sharp) if s >= np.quantile(sharp, 1 - SHARPEST)]
    held = [zlib.crc32(f['name'].encode()) % HELD_OUT == 0 for f in faces]
    return [f for f, h in zip(faces, held) if not h], [f for f, h in zip(faces, held) if h]


def smaller(picture, size, rng):
    """Down to a size by one of the ways that pictures are made smaller, real numbers."""
    if rng.random() < 0.5:
        return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.35, 0.6) * picture.shape[0] / size)
    return cv2.resize(blurred, (size, size), interpolation=cv2.INTER_LINEAR)


def bent(picture, rng, most):
    """A little bent: what is drawn of a face is never quite in its place."""
    size = picture.shape[0]
    flow = cv2.resize(rng.normal(0, most, (5, 5, 2)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).astype(np.float32)
    return cv2.remap(picture, grid + flow, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def worn(face, rng, large=0.15):
    """A face [256, 256, 3] in 0-1, and the plate that a generator might have drawn of it, as large; `large`: how often a plate of 128 px."""
    fine = face['fine'].astype(np.float32) / 255
    size = 128 if rng.random() < large else PLATE
    down = smaller(fine, size, rng)
    drawn = cv2.resize(face['plate'].astype(np.float32) / 255, (size, size), interpolation=cv2.INTER_CUBIC)
    # Soft as an autoencoder's pictures are, more of it where it is unsure, with the memory of other faces in it.
    soft = cv2.GaussianBlur(down, (0, 0), rng.uniform(0.2, 0.95 if size == PLATE else 1.5))
    soft = soft + (bent(soft, rng, 0.3) - soft) * np.float32(rng.random()) if rng.random() < 0.5 else soft
    ghost = rng.uniform(0, 0.25) if rng.random() < 0.6 else 0
    soft = soft + ghost * (drawn - soft)
    # Beyond the face its own colours are carried on.
    inside = cv2.GaussianBlur(face['hull'].astype(np.float32) / 255, (0, 0), 4)
    inside = np.clip(cv2.resize(inside, (size, size), interpolation=cv2.INTER_AREA) * 1.6 - 0.3, 0, 1)[..., None]
    x = drawn + inside * (soft - drawn)
    if rng.random() < 0.3:
        x = x + rng.normal(0, rng.uniform(0, 0.008), x.shape).astype(np.float32)
    if rng.random() < 0.2:
        coded = cv2.imencode('.jpg', np.clip(x * 255, 0, 255).astype(np.uint8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 96))])[1]
        x = cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255
    return fine, enlarged(x)


@functools.cache
def cubic(size):
    """What each of 256 samples takes of `size`, [256, size]: a Catmull-Rom cubic, edges replicated."""
    factor = FINE // size
    weights = np.zeros((FINE, size), np.float32)
    for i in range(FINE):
        at = (i + 0.5) / factor - 0.5
        first, t = int(np.floor(at)) - 1, at - np.floor(at)
        taps = [-(t**3) / 2 + t * t - t / 2, (3 * t**3 - 5 * t * t) / 2 + 1, (-3 * t**3 + 4 * t * t + t) / 2, (t**3 - t * t) / 2]
        for k, tap in enumerate(taps):
            weights[i, min(size - 1, max(0, first + k))] += tap
    return weights


def enlarged(x):
    """As src/picture/enlarge.ts enlarges."""
    size = x.shape[0]
    weights = cubic(size)
    tall = (weights @ x.reshape(size, size * 3)).reshape(FINE, size, 3)
    return np.matmul(weights, tall)


def coloured(pair, rng):
    """Both relit the same way."""
    gain = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.05, 3)).astype(np.float32)
    gamma = np.exp(rng.normal(0, 0.15))
    return [np.clip(np.clip(x, 0, 1) ** np.float32(gamma) * gain, 0, 1) for x in pair]


def batches(faces, batch, seed):
    """Endlessly: plates, fine faces [batch, 160, 160, 3] and hulls [batch, 160, 160], and the corners of the crops in pixels."""
    rng = np.random.default_rng(seed)
    while True:
        rows = []
        for _ in range(batch):
            face = faces[rng.integers(len(faces))]
            fine, plate = coloured(worn(face, rng), rng)
            hull = face['hull'].astype(np.float32) / 255
            if rng.random() < 0.5:
                fine, plate, hull = fine[:, ::-1], plate[:, ::-1], hull[:, ::-1]
            # Where the face is.
            x, y = 8 * rng.integers(2, 11), 8 * rng.integers(1, 11)
            part = np.s_[y : y + CROP, x : x + CROP]
            rows.append((plate[part], fine[part], hull[part], (x, y)))
        yield tuple(np.ascontiguousarray(np.stack(column)) for column in zip(*rows))
