"""What pictures go through on their way, which says nothing about manipulation: colour, blur, noise, screens, sharpening, JPEG, WebP, x264."""

from fractions import Fraction

import av
import cv2
import numpy as np

from blend import colour


def as_video(image, crf, preset='ultrafast'):
    """A picture as the second frame of an x264 clip in which nothing moves."""
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    codec = av.CodecContext.create('libx264', 'w')
    codec.width, codec.height, codec.pix_fmt = width, height, 'yuv420p'
    codec.time_base, codec.thread_count = Fraction(1, 25), 1
    codec.options = {'crf': str(crf), 'preset': preset, 'bf': '0'}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), 'rgb24')
    packets = []
    for time in (0, 1):
        frame.pts = time
        packets += codec.encode(frame)
    packets += codec.encode(None)
    decoder = av.CodecContext.create('h264', 'r')
    decoder.thread_count = 1
    frames = [f for packet in packets for f in decoder.decode(packet)] + decoder.decode(None)
    return frames[-1].to_ndarray(format='rgb24')


def screen(rng, image):
    """Filmed off a screen: its stripes, a lighter black, another curve."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(2.2, 9)
    stripes = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)[..., None] * rng.uniform(1, 6, 3)
    out = 255 * (np.clip(image / 255, 0, 1) ** rng.uniform(0.8, 1.25)) * rng.uniform(0.8, 1) + rng.uniform(0, 20) + stripes
    return np.clip(out, 0, 255).astype(np.uint8)


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
    if rng.random() < 0.4:
        if rng.random() < 0.6:
            size = max(48, round(image.shape[1] * rng.uniform(0.35, 1)))
            image = cv2.resize(image, (size, size), interpolation=int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
        image = as_video(image, int(rng.integers(16, 36)))
        if rng.random() < 0.6:
            return image
    times = int(rng.random() < 0.8) + int(rng.random() < 0.3)
    for turn in range(times):
        if rng.random() < (0.45 if turn == 0 else 0.7):
            size = max(48, round(image.shape[1] * rng.uniform(0.35, 1)))
            image = cv2.resize(image, (size, size), interpolation=int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
        quality = int(rng.integers(30, 100))
        kind = '.webp' if rng.random() < 0.2 else '.jpg'
        flag = cv2.IMWRITE_WEBP_QUALITY if kind == '.webp' else cv2.IMWRITE_JPEG_QUALITY
        _, data = cv2.imencode(kind, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [flag, quality])
        image = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return image
