"""What pictures go through on their way, which says nothing about manipulation: colour, blur, noise, screens, sharpening, JPEG, WebP, x264."""

from fractions import Fraction

import av
import cv2
import numpy as np

from retouch import colour


# A cut-out face fills its picture to a little more than a half (faces.py).
PICTURE_TO_FACE = 1.9
# Ultrafast has no deblocking filter, which is what leaves clips soft: most have come through the others.
PRESETS = ('ultrafast', 'veryfast', 'veryfast', 'medium', 'medium')


def resized(rng, image, size):
    return cv2.resize(image, (size, size), interpolation=int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC])))


def filmed(rng, image):
    """(frames, at): the picture as a hand that holds the camera moves it, a pixel or so a frame, or as it stays on a tripod; frame `at`, never the first, is the picture in its place."""
    height, width = image.shape[:2]
    count = int(rng.integers(3, 7))
    at = int(rng.integers(1, count))
    pan, turn, zoom = rng.uniform(-1.2, 1.2, 2), rng.uniform(-0.25, 0.25), rng.uniform(-0.004, 0.004)
    moves, tremble = rng.random() < 0.8, rng.normal(0, 0.25, (count, 2))
    level = rng.uniform(0.3, 2.5) if rng.random() < 0.5 else 0
    grain, shifts = rng.standard_normal((height, width, 1), np.float32) * level, rng.integers(max(1, min(height, width)), size=(count, 2))
    frames = []
    for number in range(count):
        frame, away = image, number - at
        if moves and away:
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn * away, 1 + zoom * away)
            matrix[:, 2] += pan * away + tremble[number]
            frame = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        if level:
            frame = np.clip(frame + np.roll(grain, shifts[number], (0, 1)) + 0.5, 0, 255).astype(np.uint8)
        frames.append(frame)
    return frames, at


def as_video(rng, image, crf):
    """A picture as a frame of an x264 clip. The same draws make the same clip of a real picture and of its fake."""
    frames, at = filmed(rng, image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2])
    codec = av.CodecContext.create('libx264', 'w')
    codec.height, codec.width = frames[0].shape[:2]
    codec.pix_fmt, codec.time_base, codec.thread_count = 'yuv420p', Fraction(1, 25), 1
    codec.options = {'crf': str(crf), 'preset': str(rng.choice(PRESETS)), 'bf': str(rng.choice([0, 3]))}
    packets = []
    for time, pixels in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), 'rgb24')
        frame.pts = time
        packets += codec.encode(frame)
    packets += codec.encode(None)
    decoder = av.CodecContext.create('h264', 'r')
    decoder.thread_count = 1
    shown = [f for packet in packets for f in decoder.decode(packet)] + decoder.decode(None)
    return shown[at].to_ndarray(format='rgb24')


def in_clip(rng, image):
    """(picture, whether that is all): small as faces in clips are, encoded once or twice, and often made smaller or softer after it."""
    if rng.random() < 0.75:
        image = resized(rng, image, min(image.shape[1], round(PICTURE_TO_FACE * rng.uniform(60, 200))))
    for _ in range(1 + int(rng.random() < 0.25)):
        image = as_video(rng, image, int(rng.integers(16, 39)))
    after = rng.random()
    if after < 0.2:
        share = 0.5 if rng.random() < 0.7 else rng.uniform(0.4, 0.8)
        image = resized(rng, image, max(round(PICTURE_TO_FACE * 40), round(image.shape[1] * share)))
    elif after < 0.4:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 2))
    elif after < 0.47:
        image = np.clip(image + rng.normal(0, rng.uniform(2, 9), image.shape), 0, 255).astype(np.uint8)
    return image, after < 0.75


def screen(rng, image):
    """Filmed off a screen: its stripes, a lighter black, another curve."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(2.2, 9)
    stripes = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)[..., None] * rng.uniform(1, 6, 3)
    out = 255 * (np.clip(image / 255, 0, 1) ** rng.uniform(0.8, 1.25)) * rng.uniform(0.8, 1) + rng.uniform(0, 20) + stripes
    return np.clip(out, 0, 255).astype(np.uint8)


def graded(rng, image):
    """As photographers and their filters leave pictures: curves, tinted lights and shadows, dark corners, light from one side, a leak of light."""
    height, width = image.shape[:2]
    curve = np.arange(256, dtype=np.float32)[:, None].repeat(3, 1) / 255
    if rng.random() < 0.6:
        curve = curve ** (rng.uniform(0.7, 1.3) * rng.uniform(0.9, 1.1, 3))
    if rng.random() < 0.4:
        bend = rng.uniform(0, 0.9)
        curve = curve + bend * curve * (1 - curve) * (2 * curve - 1) * 2
    out = cv2.LUT(image, curve.astype(np.float32)[None])
    if rng.random() < 0.35:
        light = out.mean(2, keepdims=True)
        out = out + (1 - light) * rng.uniform(-0.12, 0.12, 3).astype(np.float32) + light * rng.uniform(-0.12, 0.12, 3).astype(np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(height, width) - 0.5
    if rng.random() < 0.4:
        angle = rng.uniform(0, 2 * np.pi)
        side = 1 / (1 + np.exp(-(x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-0.2, 0.2)) * rng.uniform(2, 18)))
        out = out * (1 - rng.uniform(0.15, 0.6) * side)[..., None]
    if rng.random() < 0.3:
        out = out * np.clip(1 - rng.uniform(0.3, 1.2) * (x**2 + y**2), 0, 1)[..., None]
    if rng.random() < 0.2:
        spot = np.exp(-((x - rng.uniform(-0.5, 0.5)) ** 2 + (y - rng.uniform(-0.5, 0.5)) ** 2) / (2 * rng.uniform(0.05, 0.3) ** 2))
        out = out + spot[..., None] * rng.uniform(0, 0.6, 3).astype(np.float32)
    return (np.clip(out, 0, 1) * 255 + 0.5).astype(np.uint8)


def covered(rng, image):
    """Strands, leaves and the like in front of the face, sharp or out of focus."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    if rng.random() < 0.6:
        for _ in range(int(rng.integers(1, 12))):
            start, bend, end = (rng.uniform(-0.1, 1.1, 2) for _ in range(3))
            t = np.linspace(0, 1, 24)[:, None]
            line = ((1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end) * [width, height]
            cv2.polylines(mask, [np.round(line).astype(np.int32)], False, 255, max(1, round(width * rng.uniform(0.003, 0.03))), cv2.LINE_AA)
    else:
        middle, reach = rng.uniform(-0.1, 1.1, 2), rng.uniform(0.1, 0.4)
        turns = np.sort(rng.uniform(0, 2 * np.pi, 9))
        shape = middle + reach * rng.uniform(0.4, 1, (9, 1)) * np.c_[np.cos(turns), np.sin(turns)]
        cv2.fillPoly(mask, [np.round(shape * [width, height]).astype(np.int32)], 255, cv2.LINE_AA)
    alpha = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), width * rng.uniform(0.002, 0.03))[..., None] * rng.uniform(0.3, 1)
    tint = image[int(rng.integers(height)), int(rng.integers(width))] * rng.uniform(0.5, 1.3)
    texture = cv2.resize(rng.normal(0, rng.uniform(2, 20), (24, 24, 1)).astype(np.float32), (width, height))[..., None]
    return np.clip(image * (1 - alpha) + (tint + texture) * alpha + 0.5, 0, 255).astype(np.uint8)


def taken(seed, image):
    """How a picture was lit, framed and finished, which says nothing either; the same `seed` does the same to a real picture and its fake."""
    rng = np.random.default_rng(seed)
    cover, grade = rng.random() < 0.15, rng.random() < 0.35
    drawn = int(rng.integers(2**31))
    if cover:
        # the same colour in front of both: taken from the picture, and so it may differ by what was blended; too little to tell by
        image = covered(np.random.default_rng(drawn), image)
    return graded(np.random.default_rng(drawn + 1), image) if grade else image


def degrade(seed, image):
    """Wear that says nothing about manipulation; the same `seed` does the same to a real picture and its fake."""
    rng = np.random.default_rng(seed)
    image = colour(rng, image, 1.0)
    if rng.random() < 0.12:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.8) * image.shape[1] / 300)
    if rng.random() < 0.1:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        image = cv2.filter2D(image, -1, kernel if rng.random() < 0.6 else kernel.T)
    if rng.random() < 0.25:
        noise = rng.normal(0, rng.uniform(1, 9), (*image.shape[:2], 1 if rng.random() < 0.5 else 3))
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.04:
        image = screen(rng, image)
    if rng.random() < 0.25:  # as galleries and phones do when they make pictures smaller
        size = round(image.shape[1] * rng.uniform(0.4, 1))
        image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.5))
        image = cv2.addWeighted(image, 1 + (amount := rng.uniform(0.2, 1.2)), soft, -amount, 0)
    if rng.random() < 0.5:
        image, done = in_clip(rng, image)
        if done:
            return image
    times = int(rng.random() < 0.8) + int(rng.random() < 0.3)
    for turn in range(times):
        if rng.random() < (0.45 if turn == 0 else 0.7):
            image = resized(rng, image, max(48, round(image.shape[1] * rng.uniform(0.35, 1))))
        quality = int(rng.integers(30, 100))
        kind = '.webp' if rng.random() < 0.2 else '.jpg'
        flag = cv2.IMWRITE_WEBP_QUALITY if kind == '.webp' else cv2.IMWRITE_JPEG_QUALITY
        _, data = cv2.imencode(kind, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [flag, quality])
        image = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return image
