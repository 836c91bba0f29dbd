"""A swap by means that neither training nor the tests have: what the calibration knows of fakes of a kind that the network never saw.

The other face is moved by moving least squares as similar as possible (Schaefer et al. 2006), takes its colours by the linear map that moves them the least way (Pitié and Kokaram 2007), and is cut
out along the closed path around it where both pictures differ least (the idea of Efros and Freeman 2001). Pictures are uint8 RGB, points are float32 [68, 2] in their pixels.
"""

import cv2
import numpy as np

from retouch import hull_mask, with_forehead

RAYS, STEPS, INNERMOST = 180, 28, 0.72
GRID = 28


def as_similar(image, source, target, shape):
    """Moves `image` so that its points `source` come near `target` in a picture of `shape`, each part only shifted, turned and scaled."""
    height, width = shape[:2]
    p, q = (x[:, 0] + 1j * x[:, 1] for x in (target.astype(np.float64), source.astype(np.float64)))
    gx, gy = np.meshgrid(np.linspace(0, width - 1, GRID), np.linspace(0, height - 1, GRID))
    v = (gx + 1j * gy).ravel()[:, None]
    near = 1 / (abs(p - v) ** 2 + (0.12 * np.ptp(target, 0).max()) ** 2)
    near /= near.sum(1, keepdims=True)
    middle, there = (near * p).sum(1, keepdims=True), (near * q).sum(1, keepdims=True)
    turn = (near * np.conj(p - middle) * (q - there)).sum(1, keepdims=True) / (near * abs(p - middle) ** 2).sum(1, keepdims=True)
    where = (turn * (v - middle) + there).reshape(GRID, GRID)
    fx, fy = np.meshgrid(np.linspace(0, GRID - 1, width, dtype=np.float32), np.linspace(0, GRID - 1, height, dtype=np.float32))
    fields = [cv2.remap(part.astype(np.float32), fx, fy, cv2.INTER_CUBIC) for part in (where.real, where.imag)]
    return cv2.remap(image, *fields, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)


def root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 1e-6))) @ vectors.T


def moved_colours(image, like, mask):
    """The colours inside the mask moved by the linear map that gives them the mean and the covariance of `like` there, and moves them least."""
    inside = mask > 127
    a, b = (x[inside].astype(np.float64) for x in (image, like))
    spread, wanted = (np.cov(x.T) + np.eye(3) * 4 for x in (a, b))
    half = root(spread)
    back = np.linalg.inv(half)
    plan = back @ root(half @ wanted @ half) @ back
    out = (image.reshape(-1, 3) - a.mean(0)) @ plan.T + b.mean(0)
    return np.clip(out, 0, 255).astype(np.uint8).reshape(image.shape)


def rays(shape, points):
    """Places [rays, steps] on the lines from the face's middle to its outline, from INNERMOST on: x, y."""
    outline, centre = hull_mask(shape, with_forehead(points, 0.3)), points.mean(0)
    turns = np.linspace(0, 2 * np.pi, RAYS, endpoint=False)
    ways = np.stack([np.cos(turns), np.sin(turns)], 1)
    lengths = np.arange(1, int(np.ptp(points, 0).max() * 1.2))
    x, y = (centre[i] + ways[:, i : i + 1] * lengths for i in (0, 1))
    reach = (cv2.remap(outline, x.astype(np.float32), y.astype(np.float32), cv2.INTER_NEAREST) > 0).sum(1).astype(np.float64)
    shares = np.linspace(INNERMOST, 1, STEPS)
    return tuple((centre[i] + ways[:, i : i + 1] * reach[:, None] * shares).astype(np.float32) for i in (0, 1))


def path_of_least(cost):
    """Of each ray the step at which a closed path crosses it: neighbours at most one step apart, the sum of costs least."""
    laps = np.concatenate([cost] * 3)
    total, came = laps.copy(), np.zeros(laps.shape, int)
    for i in range(1, len(laps)):
        around = np.pad(total[i - 1], 1, constant_values=np.inf)
        three = np.stack([around[:-2], around[1:-1], around[2:]])
        came[i] = three.argmin(0) - 1 + np.arange(cost.shape[1])
        total[i] += three.min(0)
    at, steps = int(total[-1].argmin()), []
    for i in range(len(laps) - 1, -1, -1):
        steps.append(at)
        at = came[i][at]
    return np.array(steps[::-1])[len(cost) : 2 * len(cost)]


def seamed(source, target, points, width, path=None):
    """(picture, path): `source` in the face of `target`, cut along `path`, or where both differ least; `width`: of the edge, in px."""
    x, y = rays(target.shape, points)
    if path is None:
        differ = cv2.GaussianBlur(np.abs(source.astype(np.float32) - target).sum(2), (0, 0), 1.5)
        path = path_of_least(cv2.remap(differ, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float64) + 2)
    corners = np.stack([x[np.arange(RAYS), path], y[np.arange(RAYS), path]], 1)
    mask = np.zeros(target.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 255)
    alpha = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(0.5, width))[..., None]
    return np.clip(source * alpha + target * (1 - alpha) + 0.5, 0, 255).astype(np.uint8), path


def brought(other, picture, points):
    moved = as_similar(other['picture'], other['points'], points, picture.shape)
    return moved_colours(moved, picture, hull_mask(picture.shape, points))
