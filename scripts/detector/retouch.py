"""What fakes are made with: shapes of faces, masks and their edges, colours, sharpness, warps.

Pictures are uint8 RGB, points are float32 [68, 2] in their pixels.
"""

import cv2
import numpy as np

MOUTH, EYES, BROWS = slice(48, 68), slice(36, 48), slice(17, 27)


def with_forehead(points, reach):
    brows = points[BROWS]
    up = brows.mean(0) - points[30]  # from the tip of the nose to the brows
    return np.concatenate([points, brows + up * reach])


def hull_mask(shape, points):
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.int32)), 255)
    return mask


def elastic(rng, mask, alpha, sigma):
    height, width = mask.shape
    small = (max(4, width // 4), max(4, height // 4))  # the field is smooth: a quarter of the size will do
    field = [cv2.resize(cv2.GaussianBlur(rng.uniform(-1, 1, small[::-1]).astype(np.float32), (0, 0), sigma / 4), (width, height)) for _ in 'xy']
    norm = alpha * sigma / 7
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(mask, x + norm * field[0], y + norm * field[1], cv2.INTER_LINEAR)


def colour(rng, image, strength=1.0):
    """RGB shift, hue/saturation/value and brightness/contrast, each at random."""
    out = image.astype(np.float32)
    if rng.random() < 0.6:
        out += rng.uniform(-20, 20, 3) * strength
    if rng.random() < 0.6:
        hsv = cv2.cvtColor(np.clip(out, 0, 255).astype(np.uint8), cv2.COLOR_RGB2HSV).astype(np.float32)
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(-6, 6) * strength) % 180
        hsv[..., 1:] *= 1 + rng.uniform(-0.3, 0.3, 2) * strength
        out = cv2.cvtColor(np.clip(hsv, 0, [179, 255, 255]).astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    if rng.random() < 0.8:
        mean = out.mean()
        out = (out - mean) * (1 + rng.uniform(-0.12, 0.12) * strength) + mean * (1 + rng.uniform(-0.12, 0.12) * strength)
    return np.clip(out, 0, 255).astype(np.uint8)


def shrink(rng, image, size):
    """Down to `size` px of width and up again, with the usual kernels."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (size, max(8, round(height * size / width))), interpolation=int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
    return cv2.resize(small, (width, height), interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])))


def frequency(rng, image):
    if rng.random() < 0.5:
        return shrink(rng, image, max(24, round(image.shape[1] / rng.uniform(1.5, 4))))
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.7, 1.5))
    return cv2.addWeighted(image, 1 + (amount := rng.uniform(0.3, 1.2)), soft, -amount, 0)


def match_colour(image, like, mask):
    """Reinhard's colour transfer in Lab inside the mask."""
    inside = mask > 127
    a, b = (cv2.cvtColor(x, cv2.COLOR_RGB2LAB).astype(np.float32) for x in (image, like))
    spread = np.clip(b[inside].std(0) / (a[inside].std(0) + 1e-3), 0.5, 2)
    a = (a - a[inside].mean(0)) * spread + b[inside].mean(0)
    return cv2.cvtColor(np.clip(a, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)


def thin_plate(image, source, target, shape, stiffness=200.0):
    """Warps `image` so that its points `source` come to lie on `target` in a picture of `shape`, or near it where the plate is stiff."""
    height, width = shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32)
    linear, *_ = np.linalg.lstsq(np.c_[target, np.ones(len(target))], source, rcond=None)
    to = np.concatenate([target, corners]).astype(np.float64)
    offsets = np.concatenate([source, np.c_[corners, np.ones(4)] @ linear]) - np.c_[to, np.ones(len(to))] @ linear
    kernel = lambda d2: d2 * np.log(d2 + 1e-6)
    weights = np.linalg.solve(kernel(((to[:, None] - to[None]) ** 2).sum(2)) + stiffness * np.eye(len(to)), offsets)
    gx, gy = np.meshgrid(np.linspace(0, width - 1, 24), np.linspace(0, height - 1, 24))
    grid = np.c_[gx.ravel(), gy.ravel()]
    where = np.c_[grid, np.ones(len(grid))] @ linear + kernel(((grid[:, None] - to[None]) ** 2).sum(2)) @ weights
    # the coarse grid's corners are the picture's corner pixels: sample it so that they coincide
    fx, fy = np.meshgrid(np.linspace(0, 23, width, dtype=np.float32), np.linspace(0, 23, height, dtype=np.float32))
    fields = [cv2.remap(where[:, i].reshape(24, 24).astype(np.float32), fx, fy, cv2.INTER_LINEAR) for i in (0, 1)]
    return cv2.remap(image, *fields, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def region(rng, points):
    """Which part of the face is replaced: mostly all of it, now and then the mouth or the eyes only."""
    draw = rng.random()
    if draw < 0.07:
        return points[MOUTH] + (points[MOUTH] - points[MOUTH].mean(0)) * rng.uniform(0.2, 0.9)
    if draw < 0.12:
        part = np.concatenate([points[EYES], points[BROWS]])
        return part + (part - part.mean(0)) * rng.uniform(0.1, 0.4)
    if draw < 0.35:
        return points
    return with_forehead(points, rng.uniform(0.25, 0.75))


def soften(rng, mask, size):
    first, second = (2 * int(rng.integers(2, 13)) + 1 for _ in 'ab')
    scale = size / 256
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(0.4, first / 5 * scale))
    soft = np.clip(soft / max(soft.max(), 1e-3), 0, 1)
    soft = np.where(soft < 1, soft * soft if rng.random() < 0.3 else soft, soft)  # pulls the edge inwards, as an eroded mask does
    return cv2.GaussianBlur(soft, (0, 0), max(0.4, second / 5 * scale))


def jitter(rng, image, points, shape):
    height, width = shape[:2]
    face = np.ptp(points, 0)
    scale, angle = rng.uniform(0.95, 1.05), rng.uniform(-2, 2)
    centre = points.mean(0)
    matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), angle, scale)
    matrix[:, 2] += [rng.uniform(-0.03, 0.03) * face[0] * 1.5, rng.uniform(-0.015, 0.015) * face[1] * 1.5]
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
