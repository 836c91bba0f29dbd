"""Trains the network that sees what is in front of a face: python train.py <folder of scripts/base/faces.ts> <hands.npz> <folder of photographs of things> <out folder> [--minutes 45] [--resume checkpoint.pt]

`photographs of things`: pictures and nothing else. One process for the network and one for what it is shown. The checkpoint holds the running average of the weights.
"""

import argparse
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

from network import Occlusion
from pairs import SIZE, batches, load, open_covers, pair

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import learn, save_whole
from shuffling import places_of

EMA = 0.998
# What is beside the face hardly counts.
OUTSIDE = 0.1


def produce(queue, folder, hands, pictures, batch, seed):
    cv2.setNumThreads(1)
    faces, _ = load(folder)
    for images in batches(faces, open_covers(hands, pictures, False), batch, seed):
        queue.put(images)


def tensor(images):
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def loss_of(logits, truth):
    """Cross-entropy in and a little around the face, and the overlap that is missing in it."""
    covered, face = truth[:, :1], truth[:, 1:]
    weight = OUTSIDE + (1 - OUTSIDE) * face
    entropy = (F.binary_cross_entropy_with_logits(logits, covered, reduction='none') * weight).sum() / weight.sum()
    found = torch.sigmoid(logits) * face
    both, all_ = (found * covered).sum((1, 2, 3)), (found + covered * face).sum((1, 2, 3))
    return entropy + 0.5 * (1 - (2 * both + 8) / (all_ + 8)).mean()


def watch(net, held, covers, path):
    """Overlap with what is there inside the face, by kind, of held-out faces and hands; the share of clean faces that is taken for covered; and a picture."""
    rng, figures, rows = np.random.default_rng(7), {}, []
    for kind in (*covers.KINDS, 'nothing'):
        pairs = [pair(face, covers, rng, kind) for face in held for _ in range(3)]
        with torch.no_grad():
            found = torch.sigmoid(net(tensor(np.stack([x for x, _, _ in pairs]).astype(np.float32)), places_of(SIZE // 2))).numpy()[:, 0]
        values = []
        for (x, y, _), made in zip(pairs, found):
            there, inside, seen = y[..., 0] > 0.5, y[..., 1] > 0.5, made > 0.5
            if kind == 'nothing':
                values.append((seen & inside).sum() / inside.sum())
            elif (there & inside).sum() >= 20:
                values.append((seen & there & inside).sum() / ((seen | there) & inside).sum())
        figures[kind] = round(float(np.mean(values)), 4)
        rows.append(np.hstack([np.vstack([x[..., :3], np.repeat(y[..., :1], 3, 2), np.repeat(made[..., None], 3, 2)]) for (x, y, _), made in list(zip(pairs, found))[:20]]))
    cv2.imwrite(path, np.clip(np.vstack(rows) * 255, 0, 255).astype(np.uint8)[..., ::-1])
    return figures


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    for name in ('faces', 'hands', 'pictures', 'out'):
        parser.add_argument(name)
    parser.add_argument('--minutes', type=float, default=45)
    parser.add_argument('--batch', type=int, default=24)
    parser.add_argument('--rate', type=float, default=1.5e-3)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--resume')
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    net = Occlusion().to(memory_format=torch.channels_last)
    if args.resume:
        net.load_state_dict(torch.load(args.resume, map_location='cpu'))
    average = Occlusion().to(memory_format=torch.channels_last)
    average.load_state_dict(net.state_dict())
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=0.02)
    _, held = load(args.faces)
    covers = open_covers(args.hands, args.pictures, True)
    queue = mp.get_context('spawn').Queue(12)
    mp.get_context('spawn').Process(target=produce, args=(queue, args.faces, args.hands, args.pictures, args.batch, args.seed), daemon=True).start()
    places, begun, step, sum_, shown = places_of(SIZE // 2), time.time(), 0, 0.0, 0.0
    while True:
        share = (time.time() - begun) / (60 * args.minutes)
        if share >= 1:
            break
        rate = args.rate * min(1, (step + 1) / 200) * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)
        for group in optimizer.param_groups:
            group['lr'] = rate
        inputs, truths = queue.get()
        loss = loss_of(net(tensor(inputs), places), tensor(truths))
        step += 1
        learn(loss, net, average, optimizer, step, clip=1.0, most=EMA)
        sum_ += loss.item()
        if step % 100 == 0:
            print(json.dumps({'step': step, 'minutes': round((time.time() - begun) / 60, 1), 'loss': round(sum_ / 100, 4), 'rate': round(rate, 6)}), flush=True)
            sum_ = 0.0
        if time.time() - shown > 300:
            shown = time.time()
            print(json.dumps({'step': step, **watch(average.eval(), held, covers, f'{args.out}/held.png')}), flush=True)
            save_whole(average, args.out)
    print(json.dumps({'step': step, **watch(average.eval(), held, covers, f'{args.out}/held.png')}), flush=True)
    save_whole(average, args.out)
