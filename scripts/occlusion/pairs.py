"""Faces of scripts/base/faces.ts with things drawn in front of them, and where those are."""

import json
import os
import zlib

import cv2
import numpy as np

from covers import SIDE, Covers, cloud

STORED = 192
# What the network sees.
SIZE = 64
# Of the files, every so many-th is for validation.
HELD_OUT = 12
# Of each clip about so many frames count.
PER_CLIP = 10
CLEAN = 0.25
# Chance of a cast shadow, a second cover, a face in fewer pixels than the network sees.
SHADOW, SECOND, COARSE = 0.5, 0.15, 0.25


class Face(dict):
    """rgb [SIDE, SIDE, 3] and hull [SIDE, SIDE] in 0-1, eyes and mouth in parts of the side, skin: its colour."""

    def place(self, rng):
        y, x = self['inside'][rng.integers(len(self['inside']))]
        return (x + rng.random()) / SIDE, (y + rng.random()) / SIDE


def open_face(line, rgb, hull):
    small = lambda x: cv2.resize(x, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    rgb, hull = small(rgb), small(hull)
    points = np.array(line['points68']).reshape(68, 2) / STORED
    eyes = points[36:42].mean(0), points[42:48].mean(0)
    face = Face(rgb=rgb, hull=hull, eyes=sorted(map(tuple, eyes)), mouth=points[48:68].mean(0), name=line['name'])
    face['skin'] = np.median(rgb[hull > 0.9], 0)
    face['inside'] = np.argwhere(hull > 0.5)
    # Teeth and tongues are no covers: open mouths, which are few, are shown more often.
    gap = np.linalg.norm(points[66] - points[62]) / np.linalg.norm(points[64] - points[60])
    face['often'] = 1 + 4 * min(1.0, gap / 0.3)
    face['place'] = face.place
    return face


def load(folder):
    """The faces that nothing covers: training and held-out. All faces of one file are on one side; covered.json names those that somebody saw to be covered, or upside down."""
    lines = [json.loads(line) for line in open(f'{folder}/faces.jsonl')]
    n = len(lines)
    rgb = np.fromfile(f'{folder}/faces.raw', np.uint8).reshape(n, STORED, STORED, 3)
    hull = np.fromfile(f'{folder}/masks.raw', np.uint8).reshape(n, STORED, STORED)
    covered = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'covered.json')))
    seen, faces = {}, []
    frames = {line['name']: sum(other['name'] == line['name'] for other in lines) for line in lines if line['clip']}
    for i, line in enumerate(lines):
        count = seen[line['name']] = seen.get(line['name'], -1) + 1
        if count in covered.get(line['name'], []):
            continue
        if line['clip'] and count % max(1, frames[line['name']] // PER_CLIP) != 0:
            continue
        faces.append(open_face(line, rgb[i], hull[i]))
    held = [zlib.crc32(face['name'].encode()) % HELD_OUT == 0 for face in faces]
    return [f for f, h in zip(faces, held) if not h], [f for f, h in zip(faces, held) if h]


def moved(images, rng, most=1.0):
    """All turned, scaled and shifted alike, as a face is whose landmarks are a little off."""
    turn, scale = rng.normal(0, 5) * most, np.exp(rng.normal(0, 0.05) * most)
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), turn, scale)
    matrix[:, 2] += rng.normal(0, 0.025 * SIDE, 2) * most
    return [cv2.warpAffine(x, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for x in images]


def streak(rng):
    """A short motion's kernel."""
    n = int(rng.integers(3, 10))
    kernel = np.zeros((n, n), np.float32)
    turn = rng.uniform(0, np.pi)
    for t in np.linspace(-0.5, 0.5, 4 * n):
        kernel[int(np.clip((n - 1) * (0.5 + t * np.sin(turn)), 0, n - 1)), int(np.clip((n - 1) * (0.5 + t * np.cos(turn)), 0, n - 1))] += 1
    return kernel / kernel.sum()


def lay(picture, covered, rgb, where, kind, rng):
    """A cover in front of a picture; returns it and all that is covered."""
    edge = rng.uniform(0.3, 1.1) if rng.random() < 0.8 else rng.uniform(1.1, 2.2)
    lifted = cv2.GaussianBlur(np.dstack([rgb * where[..., None], where]), (0, 0), edge)
    if kind in ('hand', 'thing', 'microphone') and rng.random() < 0.2:
        lifted = cv2.filter2D(lifted, -1, streak(rng))
    if rng.random() < SHADOW:
        shift = np.float32([[1, 0, rng.normal(0, 4)], [0, 1, rng.normal(2, 4)]])
        shadow = cv2.GaussianBlur(cv2.warpAffine(where, shift, (SIDE, SIDE)), (0, 0), rng.uniform(1.5, 8))
        picture = picture * (1 - rng.uniform(0.05, 0.45) * shadow[..., None])
    alpha = np.clip(lifted[..., 3], 0, 1)
    return picture * (1 - alpha[..., None]) + lifted[..., :3], np.maximum(covered, alpha)


def relit(picture, rng):
    gain = np.exp(rng.normal(0, 0.18) + rng.normal(0, 0.05, 3)).astype(np.float32)
    picture = np.clip(picture, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.18))) * gain
    if rng.random() < 0.15:
        picture = picture.mean(2, keepdims=True) + (picture - picture.mean(2, keepdims=True)) * np.float32(rng.uniform(0, 1))
    if rng.random() < 0.3:
        picture = picture * (1 + 0.12 * cloud(rng, int(rng.integers(2, 5))))[..., None]
    return picture


def shrunk(picture, rng):
    """To SIZE, as cameras, encoders and dfk leave it."""
    if rng.random() < COARSE:
        few = int(rng.integers(32, 64))
        picture = cv2.resize(cv2.resize(picture, (few, few), interpolation=cv2.INTER_AREA), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.4:
        picture = picture + rng.normal(0, rng.uniform(0, 0.03), picture.shape).astype(np.float32)
    if rng.random() < 0.4:
        coded = cv2.imencode('.jpg', np.clip(picture * 255, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))])[1]
        picture = cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.float32) / 255
    return np.clip(cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA), 0, 1)


def pair(face, covers, rng, kind=None):
    """What the network sees [SIZE, SIZE, 4]: the picture, and where the landmarks say that the face is; what covers it and where the face is [SIZE, SIZE, 2]; and what was laid over it."""
    picture, hull = face['rgb'], face['hull']
    covered, kinds = np.zeros_like(hull), []
    if kind != 'nothing' and (kind or rng.random() >= CLEAN):
        for _ in range(1 if kind or rng.random() >= SECOND else 2):
            what, rgb, where = covers.any(face, rng, kind)
            picture, covered = lay(picture, covered, rgb, where, what, rng)
            kinds.append(what)
    picture, covered, hull = moved([picture.astype(np.float32), covered, hull], rng)
    guess = moved([hull], rng, 0.4)[0]
    if rng.random() < 0.5:
        picture, covered, hull, guess = picture[:, ::-1], covered[:, ::-1], hull[:, ::-1], guess[:, ::-1]
    picture = shrunk(relit(np.ascontiguousarray(picture), rng).astype(np.float32), rng)
    small = lambda x: cv2.resize(np.ascontiguousarray(x), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.dstack([picture, small(guess)]), np.dstack([small(covered), small(hull)]), kinds


def batches(faces, covers, batch, seed):
    """Endlessly: inputs [batch, SIZE, SIZE, 4] and truths [batch, SIZE, SIZE, 2]."""
    rng = np.random.default_rng(seed)
    often = np.array([face['often'] for face in faces])
    while True:
        rows = [pair(faces[i], covers, rng)[:2] for i in rng.choice(len(faces), batch, p=often / often.sum())]
        yield tuple(np.stack(column).astype(np.float32) for column in zip(*rows))


def open_covers(hands, pictures, held):
    """Covers for training, or, of hands that training never draws, for validation. `pictures`: a folder of photographs of things."""
    sprites = np.load(hands)['sprites']
    names = sorted(os.listdir(pictures))
    textures = [cv2.imread(os.path.join(pictures, name))[..., ::-1] for name in names]
    cut = len(sprites) - len(sprites) // HELD_OUT
    return Covers(sprites[cut:] if held else sprites[:cut], textures)
