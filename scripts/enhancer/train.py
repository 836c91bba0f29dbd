"""Trains the enhancer: python train.py <folder of pairs.ts> <out folder> [--minutes 50] [--resume checkpoint.pt]

One thread for the networks and one low-priority process for the plates. As near to the pictures as can be, and from --adversarial-from on against a discriminator too.
The checkpoint holds the running average of the weights.
"""

import argparse
import importlib.util
import json
import math
import multiprocessing as mp
import os
import pathlib
import sys
import time

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from network import Discriminator, Enhancer
from plates import CROP, FINE, batches, load, worn

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import learn, save_whole
from shuffling import places_of

EMA = 0.997
# What is beside the face hardly counts.
OUTSIDE = 0.1
BANDS, PERCEPTUAL, ADVERSARIAL, MATCHING = 1.0, 0.2, 0.02, 0.15


class Features(torch.nn.Module):
    """What the first blocks of EfficientNet-Lite0 (ImageNet) see, at half, a quarter and an eighth of the size."""

    def __init__(self):
        super().__init__()
        # The detector's network lies in a file of the same name as the enhancer's.
        at = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'detector', 'network.py')
        spec = importlib.util.spec_from_file_location('detector_network', at)
        lite = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(lite)
        net, _ = lite.imagenet_detector()
        self.net = net.eval().requires_grad_(False)

    def forward(self, x):
        net, y, maps = self.net, 2 * x - 1, []
        y = F.relu6(net._conv_stem(y, net._bn0))
        maps.append(y)
        for i, block in enumerate(net._blocks[:5]):
            y = block(y)
            if i in (0, 2, 4):
                maps.append(y)
        return maps


def weighted(x, weight):
    """Mean of a map [n, c, h, w] by weights [n, 1, H, W]."""
    at = F.adaptive_avg_pool2d(weight, x.shape[-2:])
    return (x * at).sum() / (at.sum() * x.shape[1])


def band_loss(a, b, weight):
    """Differences band by band, the finest weighted most: an octave each."""
    loss = 0
    for gain in (2.0, 1.5, 1.0):
        small_a, small_b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        up = lambda x: F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)
        loss = loss + gain * weighted((a - up(small_a) - b + up(small_b)).abs(), weight)
        a, b = small_a, small_b
    return loss + weighted((a - b).abs(), weight)


def perceptual_loss(features, a, b, weight):
    loss = 0
    with torch.no_grad():
        wanted = features(b)
    for x, y in zip(features(a), wanted):
        scale = y.square().mean((0, 2, 3), keepdim=True).sqrt() + 1e-3
        loss = loss + weighted(((x - y) / scale).abs(), weight)
    return loss


def produce(queue, faces, batch, seed):
    os.nice(10)
    cv2.setNumThreads(1)
    for images in batches(faces, batch, seed):
        queue.put(images)


def tensor(images):
    return torch.from_numpy(images.astype(np.float32, copy=False)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def part_of(places, corners):
    size = CROP // 4
    return torch.stack([places[0, :, y // 4 : y // 4 + size, x // 4 : x // 4 + size] for x, y in corners.tolist()])


def watch(net, held, path):
    """Mean errors of the held-out faces, and a picture: plate, enhanced, as it is."""
    rng = np.random.default_rng(5)
    rows, errors = [], []
    net.eval()
    for face in held[:24]:
        fine, plate = worn(face, rng, 0)
        with torch.no_grad():
            out = net(tensor(plate[None]), places_of(FINE // 4))[0].permute(1, 2, 0).clamp(0, 1).numpy()
        inside = (face['hull'] > 127)[..., None]
        error = lambda x: float(np.sqrt((((x - fine) ** 2) * inside).sum() / (3 * inside.sum())))
        band = lambda x: float((np.abs(x - cv2.GaussianBlur(x, (0, 0), 2)) * inside).sum() / (3 * inside.sum()))
        errors.append((error(plate), error(out), band(plate) / band(fine), band(out) / band(fine)))
        rows.append(np.vstack([plate, out, fine]))
    sheet = np.clip(np.hstack(rows[:10]) * 255, 0, 255).astype(np.uint8)[..., ::-1]
    cv2.imwrite(path, sheet)
    before, after, soft, sharp = np.mean(errors, 0)
    return {'before': round(before, 4), 'after': round(after, 4), 'soft': round(soft, 3), 'sharp': round(sharp, 3)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('pairs')
    parser.add_argument('out')
    parser.add_argument('--minutes', type=float, default=50)
    parser.add_argument('--batch', type=int, default=6)
    parser.add_argument('--rate', type=float, default=6e-4)
    parser.add_argument('--adversarial-from', type=float, default=0.45, help='share of the time')
    parser.add_argument('--adversarial', type=float, default=ADVERSARIAL)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--resume')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    os.makedirs(args.out, exist_ok=True)
    train, held = load(args.pairs)
    print(f'{len(train)} faces, {len(held)} held out', flush=True)
    queue = mp.Queue(8)
    mp.Process(target=produce, args=(queue, train, args.batch, args.seed), daemon=True).start()

    net, average, judge, features = Enhancer(), Enhancer(), Discriminator(), Features()
    if args.resume:
        net.load_state_dict(torch.load(args.resume, map_location='cpu'))
    average.load_state_dict(net.state_dict())
    net, judge, features = (each.to(memory_format=torch.channels_last) for each in (net, judge, features))
    optimizer = torch.optim.Adam(net.parameters(), lr=args.rate, betas=(0.9, 0.99))
    other = torch.optim.Adam(judge.parameters(), lr=2e-4, betas=(0.5, 0.99))
    places = places_of(FINE // 4)
    start, step, running, next_watch = time.time(), 0, {}, 180
    while (elapsed := time.time() - start) < args.minutes * 60:
        share = elapsed / (args.minutes * 60)
        rate = args.rate * min(1, (step + 1) / 50) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        for group in optimizer.param_groups:
            group['lr'] = rate
        plates, fine, hulls, corners = queue.get()
        x, real, at = tensor(plates), tensor(fine), part_of(places, corners)
        weight = OUTSIDE + (1 - OUTSIDE) * torch.from_numpy(hulls)[:, None]
        made = net(x, at)
        # The features cost as much as the network: those of every other face will do.
        losses = {
            'bands': BANDS * band_loss(made, real, weight),
            'perceptual': PERCEPTUAL * perceptual_loss(features, made[::2], real[::2], weight[::2]),
        }
        if share >= args.adversarial_from:
            # Beside the face there is nothing to tell.
            shown = lambda y: y * weight + 0.5 * (1 - weight)
            judge.requires_grad_(True)
            on_real, on_made = judge(shown(real), at), judge(shown(made.detach()), at)
            verdict = F.relu(1 - on_real[-1]).mean() + F.relu(1 + on_made[-1]).mean()
            other.zero_grad(set_to_none=True)
            verdict.backward()
            other.step()
            judge.requires_grad_(False)
            on_made = judge(shown(made), at)
            grown = min(1, (share - args.adversarial_from) / 0.1)
            losses['adversarial'] = -grown * args.adversarial * on_made[-1].mean()
            losses['matching'] = grown * MATCHING * sum((a - b.detach()).abs().mean() for a, b in zip(on_made[:-1], on_real[:-1]))
            running['verdict'] = 0.98 * running.get('verdict', 2) + 0.02 * verdict.item()
        loss = sum(losses.values())
        step += 1
        learn(loss, net, average, optimizer, step, clip=1.0, most=EMA)
        for name, value in losses.items():
            running[name] = 0.98 * running.get(name, value.item()) + 0.02 * value.item()
        if elapsed > next_watch:
            line = {'minutes': round(elapsed / 60, 1), 'step': step, **{k: round(v, 4) for k, v in running.items()}, **watch(average, held, f'{args.out}/watch.png')}
            print(json.dumps(line), flush=True)
            save_whole(average, args.out)
            next_watch = elapsed + 180
    print(json.dumps({'step': step, **watch(average, held, f'{args.out}/watch.png')}), flush=True)
    save_whole(average, args.out)


if __name__ == '__main__':
    main()
