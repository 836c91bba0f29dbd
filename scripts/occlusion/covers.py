"""Things in front of faces, drawn at random. Each gives colours [s, s, 3] in 0-1 and how much of a place it covers [s, s], for aligned faces of s = SIDE px."""

import cv2
import numpy as np

SIDE = 128
# Drawn so many times larger, for smooth edges.
FINER = 4


def canvas():
    return np.zeros((SIDE * FINER, SIDE * FINER), np.uint8)


def smaller(picture):
    return cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def whole(points):
    """Points in parts of the side, as fillPoly wants them with 4 bits of fraction."""
    return np.round(np.asarray(points) * SIDE * FINER * 16).astype(np.int32)


def cloud(rng, cells):
    """Smooth noise [s, s] of deviation 1."""
    return cv2.resize(rng.normal(0, 1, (cells, cells)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def shaded(colour, rng, strength=0.25):
    """A surface of one colour [s, s, 3] in uneven light."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    light = 1 + strength * rng.uniform(-2, 2) * (x * np.cos(turn) + y * np.sin(turn)) + 0.25 * strength * cloud(rng, rng.integers(3, 20))
    return np.asarray(colour, np.float32) * light[..., None]


def any_colour(rng):
    if rng.random() < 0.4:
        return np.full(3, rng.uniform(0.03, 0.95)) * rng.uniform(0.92, 1.08, 3)
    return rng.uniform(0.02, 0.95, 3)


def like_skin(skin, rng):
    """A hand's colour beside a face's: often its very own."""
    how = rng.random()
    if how < 0.35:
        return skin * rng.normal(1, 0.03, 3)
    if how < 0.85:
        return skin * np.exp(rng.normal(0, 0.16)) * rng.normal(1, 0.05, 3)
    tone = rng.choice([0.25, 0.4, 0.55, 0.75])
    return tone * np.array([1.2, 0.9, 0.72]) * rng.normal(1, 0.06, 3)


def placed_hand(sprite, matrix, size, soft):
    """A hand of hands.py moved by a matrix into a picture of a size: how much light falls on each place, its forearm going on beyond the sprite, and where it is, [h, w] each. What lies behind what is beside it within `soft` px, as between fingers, is in the shade: that factor is the third."""
    tall = cv2.copyMakeBorder(sprite.astype(np.float32) / 255, 0, 3 * len(sprite), 0, 0, cv2.BORDER_REPLICATE)
    drawn = cv2.warpAffine(tall, matrix, size)
    where = drawn[..., 2]
    light, depth = (drawn[..., k] / np.maximum(where, 1e-3) for k in range(2))
    near = cv2.GaussianBlur(np.where(where > 0.5, depth, 0).astype(np.float32), (0, 0), soft)
    return light, where, np.clip(1 - 2.5 * np.maximum(0, near - depth), 0.45, 1)


class Covers:
    """Draws what covers a face. `sprites`: hands of hands.py; `pictures`: photographs of things, for textures."""

    def __init__(self, sprites, pictures):
        self.sprites, self.pictures = sprites, pictures

    def hand(self, face, rng):
        sprite = self.sprites[rng.integers(len(self.sprites))]
        size = rng.uniform(0.5, 1.05) * SIDE
        scale = size / (0.8 * sprite.shape[0]) * (1 if rng.random() < 0.5 else -1)
        turn = rng.normal(0, 0.9)
        # Fingers rather than wrists lie on a face.
        inside = np.argwhere(sprite[..., 2] > 127)
        y, x = inside[rng.integers(int(0.8 * len(inside)))]
        c, s = np.cos(turn), np.sin(turn)
        matrix = np.array([[scale * c, -abs(scale) * s, 0], [scale * s, abs(scale) * c, 0]])
        at = face['place'](rng)
        matrix[:, 2] = np.array(at) * SIDE - matrix[:, :2] @ [x, y]
        light, where, hollow = placed_hand(sprite, matrix, (SIDE, SIDE), 3)
        ambient = rng.uniform(0.35, 0.85)
        colour = like_skin(face['skin'], rng)
        lit = (ambient + (1 - ambient) * light * rng.uniform(0.9, 1.35)) * hollow
        red = 1 + np.array([0.06, -0.03, -0.03]) * rng.uniform(0, 1.5) * cloud(rng, 9)[..., None] * 0.5
        rgb = colour * lit[..., None] * red * (1 + 0.03 * cloud(rng, 24))[..., None]
        if rng.random() < 0.12:
            # A glove or a sleeve.
            rgb = any_colour(rng) * lit[..., None]
        return rgb, where

    def microphone(self, face, rng):
        x, y = face['mouth'] + rng.normal(0, [0.12, 0.08])
        radius = rng.uniform(0.06, 0.17)
        turn = rng.normal(0, 0.7)
        where, grip = canvas(), canvas()
        end = np.array([x + np.sin(turn) * 2, y + np.cos(turn) * 2])
        side = np.array([np.cos(turn), -np.sin(turn)]) * radius * rng.uniform(0.35, 0.75)
        cv2.fillPoly(grip, [whole([[x, y] + side, [x, y] - side, end - side * 0.7, end + side * 0.7])], 255, cv2.LINE_AA, 4)
        axes = np.round(np.array([radius, radius * rng.uniform(0.9, 1.5)]) * SIDE * FINER).astype(int)
        cv2.ellipse(where, tuple(np.round(np.array([x, y]) * SIDE * FINER).astype(int).tolist()), tuple(axes.tolist()), -np.degrees(turn), 0, 360, 255, -1)
        head = smaller(where)
        pattern = 1 + rng.uniform(0, 0.3) * np.sign(np.sin(np.mgrid[0:SIDE, 0:SIDE].sum(0) * rng.uniform(0.8, 2))) * rng.random()
        gray = np.full(3, rng.uniform(0.03, 0.5)) if rng.random() < 0.8 else any_colour(rng)
        rgb = shaded(gray, rng, 0.6) * pattern[..., None]
        handle = shaded(any_colour(rng) if rng.random() < 0.3 else np.full(3, rng.uniform(0.02, 0.2)), rng, 0.4)
        return np.where(head[..., None] > 0.5, rgb, handle), np.maximum(head, smaller(grip))

    def glasses(self, face, rng):
        (lx, ly), (rx, ry) = face['eyes']
        apart = np.hypot(rx - lx, ry - ly)
        w, h = apart * rng.uniform(0.33, 0.48), apart * rng.uniform(0.24, 0.42)
        thick = max(1, int(rng.uniform(0.008, 0.035) * SIDE * FINER))
        turn = np.degrees(np.arctan2(ry - ly, rx - lx))
        frame, lens = canvas(), canvas()
        power = rng.choice([2, 3, 5])
        around = np.linspace(0, 2 * np.pi, 60)
        outline = np.stack([np.sign(np.cos(around)) * np.abs(np.cos(around)) ** (2 / power) * w, np.sign(np.sin(around)) * np.abs(np.sin(around)) ** (2 / power) * h], 1)
        tilt = cv2.Rodrigues(np.array([0, 0, np.deg2rad(turn)]))[0][:2, :2]
        down = rng.uniform(0, 0.06)
        for ex, ey in ((lx, ly), (rx, ry)):
            points = outline @ tilt.T + [ex, ey + down * apart]
            cv2.fillPoly(lens, [whole(points)], 255, cv2.LINE_AA, 4)
            cv2.polylines(frame, [whole(points)], True, 255, thick, cv2.LINE_AA, 4)
        across = tilt @ np.array([1.0, 0])
        for a, b in (((lx, ly) + across * w, (rx, ry) - across * w), ((lx, ly) - across * w, (lx, ly) - across * apart * 1.2 + [0, rng.uniform(-0.02, 0.05)]), ((rx, ry) + across * w, (rx, ry) + across * apart * 1.2 + [0, rng.uniform(-0.02, 0.05)])):
            cv2.polylines(frame, [whole([a + [0, down * apart], b + [0, down * apart]])], False, 255, thick, cv2.LINE_AA, 4)
        colour = any_colour(rng) if rng.random() < 0.4 else np.full(3, rng.uniform(0.02, 0.25)) * rng.uniform(0.8, 1.3, 3)
        rgb, where = shaded(colour, rng, 0.4), smaller(frame)
        if rng.random() < 0.35:
            # Sunglasses: nothing can be seen through them, and something in them.
            tint = np.full(3, rng.uniform(0.02, 0.18)) * rng.uniform(0.7, 1.4, 3)
            glass = shaded(tint, rng, 0.9) + rng.uniform(0, 0.2) * np.clip(cloud(rng, 4), 0, 1)[..., None]
            rgb = rgb * where[..., None] + glass * (1 - where[..., None])
            where = np.maximum(where, smaller(lens))
        return rgb, where

    def hair(self, face, rng):
        """A lock that hangs over a cheek, an eye or the forehead, or strands of it."""
        start = np.array([rng.uniform(0.1, 0.9), rng.uniform(-0.1, 0.15)])
        over = np.array(face['place'](rng))
        end = over + (over - start) * rng.uniform(0.2, 0.9) + rng.normal(0, 0.08, 2)
        strands, wide = int(rng.choice([3, 8, 30, 90])), rng.uniform(0.01, 0.09)
        base = np.array([0.08, 0.06, 0.05]) + rng.random() ** 2 * np.array([0.6, 0.45, 0.25])
        if rng.random() < 0.1:
            base = np.full(3, rng.uniform(0.4, 0.75))
        rgb, where = np.zeros((SIDE * FINER, SIDE * FINER, 3), np.uint8), canvas()
        t = np.linspace(0, 1, 24)[:, None]
        for _ in range(strands):
            shift = rng.normal(0, 1, 2) * [wide, wide * 0.3]
            bow = over + rng.normal(0, 0.04, 2)
            path = (1 - t) ** 2 * (start + shift) + 2 * t * (1 - t) * (2 * bow - (start + end) / 2 + shift) + t**2 * (end + shift * rng.uniform(0.1, 1.3))
            thick = max(1, int(rng.uniform(0.004, 0.02) * SIDE * FINER))
            tone = np.clip(base * np.exp(rng.normal(0, 0.35)), 0, 1) * 255
            cv2.polylines(rgb, [whole(path)], False, tone.tolist(), thick, cv2.LINE_AA, 4)
            cv2.polylines(where, [whole(path)], False, 255, thick, cv2.LINE_AA, 4)
        covered = smaller(where)
        return smaller(rgb) / np.maximum(covered, 1e-3)[..., None], covered

    def mask(self, face, rng):
        """A cloth over mouth and nose, or a scarf."""
        (mx, my), half = face['mouth'], rng.uniform(0.28, 0.42)
        top = my - rng.uniform(0.08, 0.24)
        points = [[mx - half, top + rng.uniform(0, 0.06)], [mx, top - rng.uniform(0, 0.05)], [mx + half, top + rng.uniform(0, 0.06)], [mx + half * rng.uniform(0.5, 1), my + rng.uniform(0.2, 0.5)], [mx - half * rng.uniform(0.5, 1), my + rng.uniform(0.2, 0.5)]]
        where = canvas()
        cv2.fillPoly(where, [whole(points)], 255, cv2.LINE_AA, 4)
        colour = any_colour(rng) if rng.random() < 0.5 else np.array([0.6, 0.75, 0.85]) * rng.uniform(0.7, 1.2)
        folds = 1 + 0.08 * np.sin(np.mgrid[0:SIDE, 0:SIDE][0] * rng.uniform(0.1, 0.6) + rng.uniform(0, 6))
        return shaded(colour, rng, 0.4) * folds[..., None], smaller(where)

    def thing(self, face, rng):
        """A cup, a phone, a sheet, a bar, an oval: of one colour, or with a photograph's texture."""
        x, y = face['place'](rng)
        a, b = rng.uniform(0.03, 0.3, 2)
        if rng.random() < 0.3:
            a = 1.5
        turn = rng.uniform(0, 180)
        where = canvas()
        corners = cv2.boxPoints(((x, y), (2 * a, 2 * b), turn))
        if rng.random() < 0.5:
            cv2.fillPoly(where, [whole(corners)], 255, cv2.LINE_AA, 4)
        elif rng.random() < 0.6:
            at = np.round(np.array([x, y]) * SIDE * FINER).astype(int)
            cv2.ellipse(where, tuple(at.tolist()), (int(a * SIDE * FINER), int(b * SIDE * FINER)), turn, 0, 360, 255, -1)
        else:
            angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
            reach = rng.uniform(0.5, 1, len(angles))
            cv2.fillPoly(where, [whole(np.stack([x + a * reach * np.cos(angles), y + b * reach * np.sin(angles)], 1))], 255, cv2.LINE_AA, 4)
        if rng.random() < 0.4:
            picture = self.pictures[rng.integers(len(self.pictures))]
            size = int(rng.uniform(0.15, 1) * min(picture.shape[:2]))
            top, left = rng.integers(0, picture.shape[0] - size + 1), rng.integers(0, picture.shape[1] - size + 1)
            rgb = cv2.resize(picture[top : top + size, left : left + size], (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        else:
            rgb = shaded(any_colour(rng) if rng.random() < 0.7 else like_skin(face['skin'], rng), rng, 0.3)
        return rgb, smaller(where)

    KINDS = {'hand': 0.45, 'thing': 0.17, 'hair': 0.13, 'glasses': 0.11, 'microphone': 0.08, 'mask': 0.06}

    def any(self, face, rng, kind=None):
        kind = kind or rng.choice(list(self.KINDS), p=list(self.KINDS.values()))
        rgb, where = getattr(self, kind)(face, rng)
        return kind, np.clip(rgb, 0, 1).astype(np.float32), where.astype(np.float32)
