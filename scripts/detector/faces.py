"""Reads the lines of faces.ts, keeps people apart between training, calibration and test, and cuts out the faces."""

import json
import os
import zlib

import cv2
import numpy as np

CROP_SCALE = 1.3  # side of the square crop over the larger side of the landmarks' bounding box
CROP_SHIFT = -0.12  # its centre, in box heights below the landmarks' centre: negative reaches for the forehead
SAME_PERSON = 0.45  # distance of face-api descriptors below which two faces are held to be one person (strict on purpose)
GRID_SPLIT = {'bbaf2n': 'train', 'brbk7n': 'train', 'lbax4n': 'train', 'lrwp9a': 'train', 'sbia1a': 'calibration',
              'swiz3n': 'calibration', 'pwij3p': 'test', 'id2_vcd_swwp2s': 'test'}


REDRAWN = (3, 64, 64, 3)  # styles, height, width, RGB: as faces.ts writes them


def read_faces(path, min_side=56):
    faces = []
    raw = os.path.join(os.path.dirname(path), 'redrawn.raw')
    redrawn = np.fromfile(raw, np.uint8).reshape(-1, *REDRAWN) if os.path.exists(raw) else None
    for line in open(path):
        record = json.loads(line)
        for face in record['faces']:
            points = np.array(face['points68'], np.float32)
            if max(np.ptp(points, 0)) < min_side:
                continue
            one = {'file': record['file'], 'points': points, 'descriptor': np.array(face['descriptor'], np.float32)}
            if redrawn is not None and 'redrawn' in face:
                one['redrawn'], one['matrix'] = redrawn[face['redrawn']], np.array(face['matrix'], np.float32).reshape(2, 3)
            faces.append(one)
    return faces


def crop_box(points):
    """Centre and side of the square that the network sees."""
    low, high = points.min(0), points.max(0)
    side = CROP_SCALE * max(high - low)
    centre = (low + high) / 2
    return np.array([centre[0], centre[1] + CROP_SHIFT * (high - low)[1]]), side


def cut(image, points, margin=1.45, largest=300):
    """The face with `margin` times the network's crop around it, shrunk so that the crop is at most `largest` px: (picture, points, how it lies: scale, x, y)."""
    centre, side = crop_box(points)
    scale = min(1.0, largest / side)
    size = int(round(side * margin * scale))
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    origin = centre * scale - size / 2
    whole = np.floor(origin)
    x, y = whole.astype(int)
    pad = max(0, -x, -y, x + size + 1 - image.shape[1], y + size + 1 - image.shape[0])
    if pad:
        image = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    picture = np.ascontiguousarray(image[y + pad : y + pad + size, x + pad : x + pad + size])
    return picture, (points * scale - whole).astype(np.float32), (scale, float(whole[0]), float(whole[1]))


def frame(rng, image, points, size, moves=True, room=0):
    """Cuts the network's square out of a picture whose points are known, with `room` px more on each side; with `moves` a little off."""
    centre, side = crop_box(points)
    if moves:
        centre = centre + rng.uniform(-0.06, 0.06, 2) * side
        side = side * rng.uniform(0.9, 1.16)
    scale = size / side
    if scale < 0.6:  # average when shrinking a lot
        image = cv2.resize(image, None, fx=(f := scale / 0.9), fy=f, interpolation=cv2.INTER_AREA)
        centre, scale = centre * f, scale / f
    whole = size + 2 * room
    matrix = np.array([[scale, 0, whole / 2 - scale * centre[0]], [0, scale, whole / 2 - scale * centre[1]]], np.float32)
    return cv2.warpAffine(image, matrix, (whole, whole), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def turn_of(points):
    """How far the nose is off the middle of the face, as a part of its width: the head's turn."""
    return (points[30, 0] - points[[0, 16], 0].mean()) / np.ptp(points[:, 0])


def mirrored_around(picture, beyond):
    """A cut-out picture with what lies beyond the edges of the one that it was cut out of mirrored instead of drawn out: grain and detail go on there."""
    top, below, left, right = beyond
    height, width = picture.shape[:2]
    return cv2.copyMakeBorder(picture[top : height - below, left : width - right], *beyond, cv2.BORDER_REFLECT_101)


def people(faces):
    """Single-linkage clusters of the descriptors: one label a face."""
    descriptors = np.stack([f['descriptor'] for f in faces])
    near = np.linalg.norm(descriptors[:, None] - descriptors[None], axis=2) < SAME_PERSON
    label = np.arange(len(faces))
    while True:
        merged = np.array([label[row].min() for row in near])
        if (merged == label).all():
            return label
        label = merged


def split_of(faces):
    """'train', 'calibration' or 'test' for each face; a person is in one of them only."""
    labels = people(faces)
    splits = {}
    for face, label in zip(faces, labels):
        speaker = next((s for name, s in GRID_SPLIT.items() if f'/{name}/' in face['file']), None)
        if speaker:
            splits[label] = speaker
        elif 'real-faces' not in face['file']:
            splits.setdefault(label, 'train')
    for label in sorted(set(labels)):
        draw = zlib.crc32(faces[label]['file'].rsplit('/', 1)[-1].encode()) % 100
        splits.setdefault(label, 'test' if draw < 15 else 'calibration' if draw < 30 else 'train')
    return [splits[label] for label in labels]


def load(path):
    """All faces of a landmark file with picture (RGB), points in it, split and person."""
    faces = read_faces(path)
    splits, labels, cache = split_of(faces), people(faces), {}
    for face, split, label in zip(faces, splits, labels):
        if face['file'] not in cache:
            cache.clear()
            cache[face['file']] = cv2.cvtColor(cv2.imread(face['file']), cv2.COLOR_BGR2RGB)
        face['picture'], face['points'], (scale, left, top) = cut(cache[face['file']], face['points'])
        height, width = (round(side * scale) for side in cache[face['file']].shape[:2])
        side = face['picture'].shape[0]
        face['beyond'] = [max(0, int(b)) for b in (-top, top + side - height, -left, left + side - width)]
        if 'matrix' in face:  # from the cut-out picture to the redrawn one: x = (x' + left) / scale
            turn, shift = face['matrix'][:, :2] / scale, face['matrix'][:, 2]
            face['matrix'] = np.c_[turn, shift + turn @ np.array([left, top], np.float32)].astype(np.float32)
        face['split'], face['person'] = split, int(label)
        face['weight'] = 0.35 if '/grid/' in face['file'] else 1.0
    return faces
