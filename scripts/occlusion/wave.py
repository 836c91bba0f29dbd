"""A hand that passes in front of a face, twice, and how much of it a render lets through.

  python wave.py make clip.mp4 hands.npz out.mp4 masks.mkv --face X Y HEIGHT [--colour 1.0] [--sprites 1651 1666] [--frames 200]
  python wave.py measure masks.mkv <plates without the hand> <plates with it>

`--face`: the middle of the face and its height in the clip's first frame, px; the hand has the colour of its right cheek, times `--colour`. `make` also writes the same frames without the hand, out-clean.mp4.
Plates are those of `dfk swap --layers … --layers-format png`; `npm run bench -- occlusion --run … --waved out.mp4 --masks masks.mkv` measures what is found in single frames; `measure` prints, of the place where the face would show without the hand, the overlap of what the hand covers with what is left to the footage.
"""

import argparse
import json
import os
import subprocess

import cv2
import numpy as np

from covers import placed_hand

TAGS = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709']
# Frames in which less of the face is covered say nothing.
LEAST = 0.02


def frames_of(path, form):
    found = json.loads(subprocess.check_output(['ffprobe', '-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=width,height,r_frame_rate', '-of', 'json', path]))['streams'][0]
    raw = subprocess.check_output(['ffmpeg', '-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', form, '-'])
    shape = (-1, found['height'], found['width']) + ((3,) if form == 'rgb24' else ())
    return np.frombuffer(raw, np.uint8).reshape(shape), found['r_frame_rate']


def encoder(path, frames, rate, form, *codec):
    h, w = frames[0].shape[:2]
    child = subprocess.Popen(['ffmpeg', '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', form, '-s', f'{w}x{h}', '-r', rate, '-i', '-', *codec, path], stdin=subprocess.PIPE)
    for frame in frames:
        child.stdin.write(np.ascontiguousarray(frame).tobytes())
    child.stdin.close()
    if child.wait() != 0:
        raise SystemExit(f'expected {path} to be encoded')


def moved_to(x, y, height, turn, side):
    """The matrix that puts the middle of a sprite's palm there, turned, the hand as long as a face is high."""
    scale = height / (0.8 * side)
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    matrix = np.array([[c, -s, 0], [s, c, 0]])
    matrix[:, 2] = np.array([x, y]) - matrix[:, :2] @ [side / 2, 0.365 * side]
    return matrix


def make(args):
    frames, rate = frames_of(args.clip, 'rgb24')
    frames = frames[: args.frames]
    (x, y, height), rng = args.face, np.random.default_rng(3)
    h, w = frames[0].shape[:2]
    cheek = frames[0][int(y + 0.05 * height) : int(y + 0.25 * height), int(x - 0.3 * height) : int(x - 0.1 * height)]
    skin = np.median(cheek.reshape(-1, 3), 0) / 255 * args.colour
    sprites = np.load(args.hands)['sprites'][args.sprites]
    spots = 1 + 0.02 * cv2.resize(rng.normal(0, 1, (40, 40)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    waved, masks, each = [], [], len(frames) // len(sprites)
    for n, frame in enumerate(frames):
        k = min(len(sprites) - 1, n // each)
        t = (n - k * each) / each
        matrix = moved_to(x + height * (0.9 - 1.6 * t), y + height * (0.55 - 0.35 * np.sin(np.pi * t)), height, 1.5 * t - 0.9, sprites.shape[1])
        light, where, hollow = placed_hand(sprites[k], matrix, (w, h), 0.025 * height)
        colour = skin * ((0.6 + 0.48 * light) * hollow * spots)[..., None]
        shadow = cv2.GaussianBlur(cv2.warpAffine(where, np.float32([[1, 0, 3], [0, 1, 6]]), (w, h)), (0, 0), 0.05 * height)
        lifted = cv2.GaussianBlur(np.dstack([colour * where[..., None], where]), (0, 0), 0.8)
        picture = frame / 255 * (1 - 0.25 * shadow[..., None])
        picture = picture * (1 - lifted[..., 3:]) + lifted[..., :3] + rng.normal(0, 0.006, picture.shape)
        waved.append(np.clip(picture * 255, 0, 255).astype(np.uint8))
        masks.append((lifted[..., 3] * 255).astype(np.uint8))
    coded = ['-vf', 'scale=out_color_matrix=bt709,format=yuv420p', *TAGS, '-c:v', 'libx264', '-crf', '14']
    encoder(args.out, waved, rate, 'rgb24', *coded)
    encoder(args.out.replace('.mp4', '-clean.mp4'), frames, rate, 'rgb24', *coded)
    encoder(args.masks, masks, rate, 'gray', '-c:v', 'ffv1')


def mattes_of(folder):
    names = sorted(name for name in os.listdir(folder) if name.endswith('.png'))
    return [cv2.imread(os.path.join(folder, name), cv2.IMREAD_UNCHANGED)[..., 3] / 65535 for name in names]


def measure(args):
    hands, _ = frames_of(args.masks, 'gray')
    overlaps, missed, falsely = [], [], []
    for hand, clean, waved in zip(hands, mattes_of(args.clean), mattes_of(args.waved)):
        face = clean > 0.5
        if not face.any():
            continue
        covered, left = (hand > 127) & face, (waved < 0.5) & face
        if covered.sum() >= LEAST * face.sum():
            overlaps.append((covered & left).sum() / (covered | left).sum())
            missed.append((covered & ~left).sum() / covered.sum())
        falsely.append((left & ~covered).sum() / face.sum())
    mean = lambda values: round(float(np.mean(values)), 3)
    print(json.dumps({'frames': len(overlaps), 'overlap': mean(overlaps), 'missed': mean(missed), 'falsely': mean(falsely)}))


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser('make')
    for name in ('clip', 'hands', 'out', 'masks'):
        making.add_argument(name)
    making.add_argument('--face', type=float, nargs=3, required=True)
    making.add_argument('--colour', type=float, default=1)
    making.add_argument('--sprites', type=int, nargs='+', default=[1651, 1666])
    making.add_argument('--frames', type=int, default=200)
    making.set_defaults(run=make)
    measuring = commands.add_parser('measure')
    for name in ('masks', 'clean', 'waved'):
        measuring.add_argument(name)
    measuring.set_defaults(run=measure)
    args = parser.parse_args()
    args.run(args)
