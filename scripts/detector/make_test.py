"""Makes the held-out files: people and sources that neither training nor calibration saw, swapped by ways that neither saw.

python make_test.py stills faces.jsonl out       →  out/stills-<method>/{real,fake}/….jpg
python make_test.py clips frames.jsonl faces.jsonl out [smallest face: 56]  →  out/clips-<method>/{real,fake}/….mp4    (frames …/<clip>/<number>.png; faces: stills, the sources)

`affine`: the Delaunay triangles of another person's landmarks, each laid on affinely, colours matched by histogram, edge feathered. `bands`: the other person's face
moved on as it is (scaled and turned), blended band by band (Burt and Adelson 1983). Neither warp, colour match nor blend is used by blend.py or make_files.py.
`mixed`: moved so too, its gradients mixed with the picture's (OpenCV's MIXED_CLONE, which training saw). Every fake has a real twin that went through the same wear.
"""

import os
import sys

import cv2
import numpy as np

from retouch import hull_mask
from faces import read_faces
from make_files import read_picture, turn_of, write_clip

METHODS = ('affine', 'bands', 'mixed')


def piecewise_affine(image, source, target, shape):
    """Lays the Delaunay triangles of `target` on from those of `source`."""
    height, width = shape[:2]
    plane = cv2.Subdiv2D((-width, -height, 3 * width, 3 * height))
    for x, y in target:
        plane.insert((float(x), float(y)))
    out = np.zeros((height, width, 3), np.uint8)
    index = {(round(float(x), 2), round(float(y), 2)): i for i, (x, y) in enumerate(target)}
    for triangle in plane.getTriangleList():
        corners = [index.get((round(float(triangle[k]), 2), round(float(triangle[k + 1]), 2))) for k in (0, 2, 4)]
        if None in corners:
            continue
        to, of = target[corners].astype(np.float32), source[corners].astype(np.float32)
        x, y, w, h = cv2.boundingRect(to)
        x2, y2 = min(width, x + w + 1), min(height, y + h + 1)
        x, y = max(0, x), max(0, y)
        if x2 <= x or y2 <= y:
            continue
        matrix = cv2.getAffineTransform(of, (to - [x, y]).astype(np.float32))
        piece = cv2.warpAffine(image, matrix, (x2 - x, y2 - y), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        mask = np.zeros((y2 - y, x2 - x), np.uint8)
        cv2.fillConvexPoly(mask, np.round(to - [x, y]).astype(np.int32), 1)
        out[y:y2, x:x2][mask > 0] = piece[mask > 0]
    return out


def similar(image, source, target, shape):
    """Moves the whole still by the similarity that fits its landmarks best: the face keeps its own shape."""
    a, b = source - source.mean(0), target - target.mean(0)  # Umeyama 1991, in the plane: c + is by which a is turned and scaled
    c, s = (a * b).sum() / (a * a).sum(), (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / (a * a).sum()
    turn = np.array([[c, -s], [s, c]])
    matrix = np.c_[turn, target.mean(0) - turn @ source.mean(0)]
    return cv2.warpAffine(image, matrix, shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)


def match_histogram(image, like, mask):
    """Each channel's ranks inside the mask take on the values of `like` there."""
    out = image.copy()
    inside = mask > 0
    for channel in range(3):
        have = np.bincount(image[..., channel][inside], minlength=256).cumsum() / inside.sum()
        want = np.bincount(like[..., channel][inside], minlength=256).cumsum() / inside.sum()
        out[..., channel] = np.interp(have, want, np.arange(256)).astype(np.uint8)[image[..., channel]]
    return out


def swap(method, frame, points, other):
    pad = 12
    frame = cv2.copyMakeBorder(frame, pad, pad, pad, pad, cv2.BORDER_REFLECT_101)
    points = points + pad
    mask = hull_mask(frame.shape, points)
    mask[: pad // 2] = mask[-pad // 2 :] = 0
    mask[:, : pad // 2] = mask[:, -pad // 2 :] = 0
    size = np.ptp(points, 0).max()
    if method == 'affine':
        laid = match_histogram(piecewise_affine(other['picture'], other['points'], points, frame.shape), frame, mask)
        edge = max(2, int(size * 0.04))
        inner = cv2.erode(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * edge + 1,) * 2))
        alpha = cv2.blur(inner.astype(np.float32) / 255, (edge + 1, edge + 1))[..., None]
        out = np.clip(laid * alpha + frame * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)
    else:
        laid = match_histogram(similar(other['picture'], other['points'], points, frame.shape), frame, mask)
        inner = cv2.erode(mask, np.ones((max(3, int(size * 0.03)),) * 2, np.uint8))
        if method == 'bands':
            return blended_by_bands(laid, frame, inner)[pad:-pad, pad:-pad]
        x, y, w, h = cv2.boundingRect(inner)
        out = cv2.seamlessClone(laid, frame, inner, (x + w // 2, y + h // 2), cv2.MIXED_CLONE)
    return out[pad:-pad, pad:-pad]


def blended_by_bands(top, under, mask, levels=5):
    """Each band of a Laplacian pyramid blended with a mask as soft as the band is coarse."""
    height, width = mask.shape
    step = 2**levels
    pad = ((0, -height % step), (0, -width % step))
    a, b = (np.pad(x.astype(np.float32), (*pad, (0, 0)), mode='edge') for x in (top, under))
    m = np.pad(mask.astype(np.float32) / 255, pad, mode='edge')
    bands = []
    for _ in range(levels):
        smaller = [cv2.pyrDown(x) for x in (a, b, m)]
        bands.append((a - cv2.pyrUp(smaller[0])) * m[..., None] + (b - cv2.pyrUp(smaller[1])) * (1 - m[..., None]))
        a, b, m = smaller
    out = a * m[..., None] + b * (1 - m[..., None])
    for band in reversed(bands):
        out = cv2.pyrUp(out) + band
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)[:height, :width]


def fitting(points, faces, rng, not_like):
    """Of a dozen other people the one whose head is turned most alike and whose face is large enough."""
    others = [f for f in faces if np.linalg.norm(f['descriptor'] - not_like) > 0.5]
    some = [others[int(rng.integers(len(others)))] for _ in range(12)]
    return min(some, key=lambda f: abs(turn_of(f['points']) - turn_of(points)))


def read_all(path, smallest=56):
    faces = read_faces(path, smallest)
    for face in faces:
        face['picture'] = read_picture(face['file'])
    return faces


def stills(faces_path, out):
    faces = read_all(faces_path)
    sources = [f for f in faces if np.ptp(f['points'], 0).max() >= 90 and f['picture'].std(2).mean() > 6]
    for i, face in enumerate(faces):
        for method in METHODS:
            rng = np.random.default_rng([i, METHODS.index(method)])
            fake = swap(method, face['picture'], face['points'], fitting(face['points'], sources, rng, face['descriptor']))
            quality, scale = int(rng.integers(60, 97)), float(rng.choice([1, 1, 0.7]))
            x0, y0 = np.maximum(face['points'].min(0) - 0.8 * np.ptp(face['points'], 0), 0).astype(int)
            x1, y1 = (face['points'].max(0) + 0.8 * np.ptp(face['points'], 0)).astype(int)
            for label, image in (('real', face['picture']), ('fake', fake)):
                part = image[y0:y1, x0:x1]  # one face a file, so that labels hold
                if np.ptp(face['points'], 0).max() * scale > 60:
                    part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                folder = f'{out}/stills-{method}/{label}'
                os.makedirs(folder, exist_ok=True)
                cv2.imwrite(f'{folder}/{i:03d}.jpg', part[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])


def encode(path, frames, crf):
    height, width = (side // 2 * 2 for side in frames[0].shape[:2])
    write_clip(path, [f[:height, :width] for f in frames], crf)


def clips(frames_path, faces_path, out, smallest=56):
    sources = [f for f in read_all(faces_path, 90) if f['picture'].std(2).mean() > 6]
    clips = {}
    for face in read_faces(frames_path, int(smallest)):
        clips.setdefault(face['file'].split('/')[-2], {}).setdefault(face['file'], face)
    for number, (name, found) in enumerate(sorted(clips.items())):
        chosen = [found[file] for file in sorted(found)]
        frames = [read_picture(f['file']) for f in chosen]
        for method in METHODS:
            rng = np.random.default_rng([number, METHODS.index(method)])
            crf = int(rng.integers(18, 27))
            encode(f'{out}/clips-{method}/real/{name}.mp4', frames, crf)
            for turn in range(2):
                other = fitting(chosen[0]['points'], sources, rng, chosen[0]['descriptor'])
                encode(f'{out}/clips-{method}/fake/{name}-{turn}.mp4', [swap(method, f, c['points'], other) for f, c in zip(frames, chosen)], crf)


if __name__ == '__main__':
    kind, *rest = sys.argv[1:]
    cv2.setNumThreads(1)
    stills(*rest) if kind == 'stills' else clips(*rest)
