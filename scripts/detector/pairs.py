"""Endless stream of (real, fake) pairs for training, and fixed sets of them for calibration and test."""

import numpy as np

from blend import training_fake
from close import toned
from faces import frame, mirrored_around, turn_of
from wear import degrade, taken


def pair(rng, faces, weights, size, wear=True, moves=True, room=0):
    face = faces[rng.choice(len(faces), p=weights)]
    other = None
    if rng.random() < 0.5:
        # mostly of several the one whose head is turned most alike: a face that does not fit is easily told
        some = [o for o in (faces[int(i)] for i in rng.integers(len(faces), size=1 if rng.random() < 0.2 else 16)) if o['person'] != face['person']]
        other = min(some, key=lambda o: abs(turn_of(o['points']) - turn_of(face['points'])), default=None)
    if rng.random() < 0.25:  # what a generator drew has the old tone
        face = {**{k: v for k, v in face.items() if k != 'redrawn'}, 'picture': toned(rng, face['picture'])}
    real, fake = training_fake(rng, face, other)
    if rng.random() < 0.5:
        real, fake = (mirrored_around(image, face['beyond']) for image in (real, fake))
    seed = int(rng.integers(2**31))
    out = []
    for image in (real, fake):
        worn = degrade(seed, taken(seed + 1, image)) if wear else image
        out.append((worn, face['points'] * (worn.shape[1] / image.shape[1])))
    state = rng.bit_generator.state
    framed = []
    for image, points in out:
        rng.bit_generator.state = state  # the pair is framed alike
        framed.append(frame(rng, image, points, size, moves, room))
    if rng.random() < 0.5:
        framed = [np.ascontiguousarray(f[:, ::-1]) for f in framed]
    return framed


def stream(faces, size, batch, seed, **how):
    """Yields uint8 [2·batch, size, size, 3]: the reals, then their fakes."""
    rng = np.random.default_rng(seed)
    weights = np.array([f['weight'] for f in faces])
    weights /= weights.sum()
    while True:
        pairs = [pair(rng, faces, weights, size, **how) for _ in range(batch)]
        yield np.stack([p[0] for p in pairs] + [p[1] for p in pairs])


def fixed(faces, size, count, seed, **how):
    return next(stream_once(faces, size, count, seed, **how))


def stream_once(faces, size, count, seed, **how):
    rng = np.random.default_rng(seed)
    weights = np.full(len(faces), 1 / len(faces))
    pairs = [pair(rng, faces, weights, size, **how) for _ in range(count)]
    yield np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])
