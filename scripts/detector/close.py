"""Another's face laid on so that little tells, for training: what the calibration's files that were missed have in common. No way of make_test.py is in here: no bands, no triangles, no histograms.

Pictures are uint8 RGB, points are float32 [68, 2] in their pixels.
"""

import cv2
import numpy as np

from retouch import elastic, hull_mask, match_colour, region, thin_plate

COARSE = 8  # what is soft is reckoned on a picture so many times smaller


def softly(image, sigma):
    height, width = image.shape[:2]
    small = cv2.resize(image.astype(np.float32), (max(4, width // COARSE), max(4, height // COARSE)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), max(0.5, sigma / COARSE)), (width, height), interpolation=cv2.INTER_LINEAR)


def lit_like(image, like, sigma):
    """The light of `like` on `image`, by the ratio of what is left of both after a wide blur: correction as face-swap scripts with landmarks do it."""
    ratio = (softly(like, sigma) + 8) / (softly(image, sigma) + 8)
    return np.clip(image * ratio, 0, 255).astype(np.uint8)


def as_sharp(image, like, mask):
    """`image` with as much fine detail inside the mask as `like` has."""
    inside = mask > 127
    fine = [x.astype(np.float32) - cv2.GaussianBlur(x, (0, 0), 1.2).astype(np.float32) for x in (image, like)]
    share = float(np.clip(fine[1][inside].std() / (fine[0][inside].std() + 0.2), 0.3, 1.7))
    return np.clip(image + (share - 1) * fine[0], 0, 255).astype(np.uint8)


def laid_closely(rng, face, other):
    image, points = face['picture'], face['points']
    size = float(np.ptp(points, 0).max())
    # stiff plates leave the other face its own shape
    source = thin_plate(other['picture'], other['points'], points, image.shape, 10 ** rng.uniform(2.3, 6.5))
    whole, how = hull_mask(image.shape, points), rng.random()
    if how < 0.7:
        source = match_colour(source, image, whole)
    if how > 0.4:
        source = lit_like(source, image, size * rng.uniform(0.12, 0.5))
    if rng.random() < 0.6:
        source = as_sharp(source, image, whole)
    mask = elastic(rng, hull_mask(image.shape, region(rng, points)), rng.uniform(0, 30) * size / 200, 7)
    width = size * 10 ** rng.uniform(-2.1, -1.1)  # of the edge: from under a hundredth of the face to a twelfth
    inner = cv2.erode(mask, np.ones((2 * max(1, round(width * rng.uniform(0.3, 1.2))) + 1,) * 2, np.uint8))
    alpha = cv2.GaussianBlur(inner.astype(np.float32) / 255, (0, 0), max(0.5, width)) * rng.choice([0.5, 0.65, 0.8, 1, 1, 1, 1])
    alpha = alpha[..., None]
    return np.clip(source * alpha + image * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)


def toned(rng, image):
    """Skin in another tone, mostly a darker one: a curve by colour alone, for the whole picture, so that no edge comes of it."""
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    chroma, hue = cv2.cartToPolar(lab[..., 1], lab[..., 2], angleInDegrees=True)
    skin = np.exp(-((hue - 52) ** 2) / np.float32(2 * 28**2)) * np.clip(chroma / 16, 0, 1)
    lab[..., 0] *= 1 - skin * np.float32(rng.uniform(-0.1, 0.55))
    lab[..., 1] += skin * np.float32(rng.uniform(-4, 5))
    lab[..., 2] += skin * np.float32(rng.uniform(-8, 5))
    return (np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1) * 255 + 0.5).astype(np.uint8)
