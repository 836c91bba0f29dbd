"""Self-blended images (Shiohara & Yamasaki, CVPR 2022) and relatives, made from real faces alone.

`fake_of(rng, face, other)` returns (real, fake) before the shared degradation; `wear.degrade` wears both down alike.
Pictures are uint8 RGB, points are float32 [68, 2] in their pixels.
"""

import cv2
import numpy as np

from close import laid_closely
from retouch import colour, elastic, frequency, hull_mask, jitter, match_colour, region, shrink, soften, thin_plate


def generated(rng, source, mask, face_px):
    """What an autoencoder's face has: few pixels, a little flat or over-sharpened, colour matched by statistics."""
    out = shrink(rng, source, max(20, round(source.shape[1] * rng.uniform(40, 150) / face_px)) if face_px > 60 else source.shape[1])
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.6) * face_px / 200)
    if rng.random() < 0.3:
        out = cv2.bilateralFilter(out, 5, rng.uniform(15, 45), 5)
    return out


def redrawn(rng, face):
    """The face as dfk's base generator draws it (itself or in another person's style), back in its place; its 64 px give no detail, so some of the picture's own
    is put back, as `dfk swap --sharpen` and grain do."""
    image = face['picture']
    height, width = image.shape[:2]
    drawn = face['redrawn'][int(rng.integers(len(face['redrawn'])))]
    if rng.random() < 0.3:
        drawn = cv2.resize(drawn, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        soft = cv2.GaussianBlur(drawn, (0, 0), 1.2)
        drawn = cv2.addWeighted(drawn, 1 + (amount := rng.uniform(0.3, 1.5)), soft, -amount, 0)
    matrix = face['matrix'] * (drawn.shape[0] / 64)
    kind = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
    out = cv2.warpAffine(drawn, matrix, (width, height), flags=kind | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        out = match_colour(out, image, hull_mask(image.shape, face['points']))
    if rng.random() < 0.4:
        fine = image.astype(np.float32) - cv2.GaussianBlur(image, (0, 0), rng.uniform(1, 3)).astype(np.float32)
        out = np.clip(out + fine * rng.uniform(0.1, 0.6), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        out = np.clip(out + rng.normal(0, rng.uniform(1, 5), (height, width, 1)), 0, 255).astype(np.uint8)
    return out


def upsampled(rng, image):
    """The whole picture as if a generator's last layer had doubled it: zeros between the pixels, and a learned kernel that is not quite even."""
    height, width = image.shape[:2]
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA).astype(np.float32)
    spread = np.zeros((height // 2 * 2, width // 2 * 2, 3), np.float32)
    spread[::2, ::2] = half
    kernel = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5]) + rng.normal(0, rng.uniform(0.01, 0.06), (3, 3))
    out = cv2.filter2D(spread, -1, (kernel * 4 / kernel.sum()).astype(np.float32))  # the mean is kept: four pixels come of one
    return cv2.resize(np.clip(out, 0, 255).astype(np.uint8), (width, height))


def doubled(rng, image):
    """Twice the size by zeros between the pixels and a kernel that is not quite even, as a transposed convolution does it."""
    spread = np.zeros((image.shape[0] * 2, image.shape[1] * 2, 3), np.float32)
    spread[::2, ::2] = image
    kernel = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5]) + rng.normal(0, rng.uniform(0.005, 0.04), (3, 3))
    return np.clip(cv2.filter2D(spread, -1, (kernel * 4 / kernel.sum()).astype(np.float32)), 0, 255)


def decoded(rng, image, points):
    """`image` with the face as if it had come out of a decoder of 48 to 256 px: aligned, made small, made large again, laid back. Only the face is of use."""
    height, width = image.shape[:2]
    size = int(rng.choice([48, 64, 64, 96, 96, 128, 128, 160, 192, 256]))
    eyes = points[42:48].mean(0) - points[36:42].mean(0)
    side = np.ptp(points, 0).max() * rng.uniform(1.1, 1.6)
    centre = points.mean(0) + rng.uniform(-0.04, 0.04, 2) * side
    low = size // 2 if (learned := rng.random() < 0.5) else size
    matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), float(np.degrees(np.arctan2(eyes[1], eyes[0]))) + rng.normal(0, 2), low / side)
    matrix[:, 2] += low / 2 - centre
    soft = cv2.GaussianBlur(image, (0, 0), max(0.3, 0.4 * side / low)) if side > low else image
    small = cv2.warpAffine(soft, matrix, (low, low), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    if rng.random() < 0.5:  # what a decoder cannot say it leaves out
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.4, 1.2)) if rng.random() < 0.6 else cv2.bilateralFilter(small, 5, rng.uniform(8, 40), 3)
    out = doubled(rng, small) if learned else small
    if rng.random() < 0.35:
        out = np.clip(out + (out - cv2.GaussianBlur(out, (0, 0), rng.uniform(0.7, 1.5))) * rng.uniform(0.3, 1.5), 0, 255)
    level = cv2.resize(rng.normal(0, rng.uniform(0, 5), (4, 4, 3)).astype(np.float32), out.shape[1::-1], interpolation=cv2.INTER_CUBIC)  # colours nearly right
    back = matrix * (out.shape[0] / low)
    kind = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
    out = cv2.warpAffine(np.clip(out + level, 0, 255), back, (width, height), flags=kind | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.25:  # grain, as swapping tools give it
        out = out + rng.normal(0, rng.uniform(1, 5), (height, width, 1))
    return np.clip(out, 0, 255).astype(np.uint8)


def swapped_by_decoder(rng, face, other):
    """A decoder's face, one's own or another's, laid on the picture with a soft edge."""
    image, points = face['picture'], face['points']
    source = image
    if other is not None:
        source = match_colour(thin_plate(other['picture'], other['points'], points, image.shape), image, hull_mask(image.shape, points))
    face_px = float(np.ptp(points, 0).max())
    source = decoded(rng, source, points)
    if rng.random() < 0.4:
        source = match_colour(source, image, hull_mask(image.shape, points))
    elif rng.random() < 0.5:
        source = colour(rng, source, rng.uniform(0.2, 0.7))
    mask = elastic(rng, hull_mask(image.shape, region(rng, points)), rng.uniform(0, 40) * face_px / 200, 7)
    alpha = (soften(rng, mask, face_px * rng.uniform(0.6, 1.3)) * rng.choice([0.75, 1, 1, 1]))[..., None]
    return np.clip(source * alpha + image * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)


def drawn_anew(rng, image):
    """(real, fake) of a picture generated whole: both have the detail of a smaller one, the fake is made large as a generator does it."""
    height, width = image.shape[:2]
    half = (max(24, round(width * (share := rng.uniform(0.3, 0.55)))), max(24, round(height * share)))
    small = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
    large = (half[0] * 2, half[1] * 2)
    real = cv2.resize(small, large, interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])))
    fake = doubled(rng, small.astype(np.float32)).astype(np.uint8)
    kind = cv2.INTER_AREA if large[0] > width else cv2.INTER_CUBIC
    return tuple(cv2.resize(x, (width, height), interpolation=kind) for x in (real, fake))


def training_fake(rng, face, other=None):
    """(real, fake): what training sees; make_files.py has only `fake_of`."""
    draw = rng.random()
    if draw < 0.2:
        return face['picture'], swapped_by_decoder(rng, face, other)
    if draw < 0.24:
        return drawn_anew(rng, face['picture'])
    if other is not None and rng.random() < 0.45:
        return face['picture'], laid_closely(rng, face, other)
    return fake_of(rng, face, other)


def cloned(rng, source, target, mask):
    """Gradient-domain blending (Perez et al. 2003), as OpenCV's seamlessClone does it: no seam in colour, but another person's fine structure."""
    pad = 8
    source, target = (cv2.copyMakeBorder(x, pad, pad, pad, pad, cv2.BORDER_REFLECT_101) for x in (source, target))
    inner = np.zeros(target.shape[:2], np.uint8)
    inner[pad:-pad, pad:-pad] = cv2.erode((mask > 127).astype(np.uint8) * 255, np.ones((int(rng.integers(3, 12)),) * 2, np.uint8))
    if inner.sum() < 255 * 400:
        return target[pad:-pad, pad:-pad]
    x, y, w, h = cv2.boundingRect(inner)
    kind = cv2.MIXED_CLONE if rng.random() < 0.4 else cv2.NORMAL_CLONE
    return np.ascontiguousarray(cv2.seamlessClone(source, target, inner, (x + w // 2, y + h // 2), kind)[pad:-pad, pad:-pad])


def fake_of(rng, face, other=None):
    """(real, fake): a self-blend, or with `other` a blend of another person's face, warped to fit; now and then the face redrawn by a generator."""
    image, points = face['picture'], face['points']
    mask = hull_mask(image.shape, region(rng, points))
    face_px = float(np.ptp(points, 0).max())
    real, source, target = image, image, image
    if other is None and 'redrawn' in face and rng.random() < 0.3:
        source = redrawn(rng, face)
        if rng.random() < 0.5:
            source = colour(rng, source, rng.uniform(0.2, 0.7))
        mask = elastic(rng, mask, rng.uniform(5, 40) * face_px / 200, 7)
        alpha = (soften(rng, mask, face_px * rng.uniform(0.6, 1.3)) * rng.choice([0.75, 1, 1, 1]))[..., None]
        return image, np.clip(source * alpha + image * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)
    if other is None and rng.random() < 0.05:
        return image, upsampled(rng, image)
    if other is not None:
        source = match_colour(thin_plate(other['picture'], other['points'], points, image.shape), image, hull_mask(image.shape, points))
        if rng.random() < 0.4:
            source = generated(rng, source, mask, face_px) if rng.random() < 0.3 else source
            return image, cloned(rng, source, image, mask)
    if rng.random() < (0.5 if other is not None else 0.3):
        source = generated(rng, source, mask, face_px)
        if rng.random() < 0.7:
            source = colour(rng, source, rng.uniform(0.3, 1))
    else:
        changed = [colour(rng, source), frequency(rng, source)]
        changed = frequency(rng, changed[0]) if rng.random() < 0.6 else changed[int(rng.random() < 0.5)]
        if other is None and rng.random() < 0.5:
            target = changed
            real = changed if rng.random() < 0.5 else image
        else:
            source = changed
            real = changed if other is None and rng.random() < 0.3 else image
    if other is None:
        source = jitter(rng, source, points, image.shape)
    mask = elastic(rng, mask, rng.uniform(20, 60) * face_px / 200, 7)
    ratio = rng.choice([0.25, 0.5, 0.75, 1, 1, 1]) if other is None else rng.choice([0.75, 1, 1, 1])
    alpha = (soften(rng, mask, face_px * 1.3) * ratio)[..., None]
    return real, np.clip(source * alpha + target * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)
