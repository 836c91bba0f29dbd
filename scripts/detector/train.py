"""Trains the detector: python train.py faces.jsonl out-folder [--minutes 40] [--size 224] [--resume last.pt or detector.safetensors] [--device cuda --workers 15 --batch 48]

One thread for the network and one process for the pairs, unless told otherwise: a graphics card waits for the pairs, of which a processor's core makes some 15 a second. The checkpoint holds the running average of the weights.
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
import torch
from torch.nn import functional as F

from evaluate import auc
from export import opened
from faces import load
from network import Detector, imagenet_detector
from pairs import fixed, stream

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import follow, save_whole

EMA = 0.996
POOL = 480  # pairs kept for `--uses`


def produce(queue, faces, size, batch, seed):
    cv2.setNumThreads(1)
    for images in stream(faces, size, batch, seed):
        queue.put(images)


def as_input(images):
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float().sub_(127).div_(128)
    return x.contiguous(memory_format=torch.channels_last)


def logits(net, images, batch=32):
    net.eval()
    with torch.no_grad():
        where = next(net.parameters()).device
        return torch.cat([net(as_input(images[i : i + batch]).to(where)).cpu() for i in range(0, len(images), batch)]).numpy()


def fall(part, steady):
    return 1 if part < steady else 0.5 + 0.5 * math.cos(math.pi * (part - steady) / (1 - steady))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('faces')
    parser.add_argument('out')
    parser.add_argument('--minutes', type=float, default=40)
    parser.add_argument('--size', type=int, default=224)
    parser.add_argument('--batch', type=int, default=12, help='pairs')
    parser.add_argument('--rate', type=float, default=4e-4)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--frozen', type=int, default=3, help='blocks kept still until --thaw')
    parser.add_argument('--thaw', type=float, default=0.5, help='share of the time after which all learn; a step costs twice as much from there on')
    parser.add_argument('--uses', type=int, default=1, help='steps that a pair is in, where making pairs is what takes the time: what the blocks kept still make of them is kept, so that nothing may thaw')
    parser.add_argument('--steady', type=float, default=0.3, help='share of the time before the rate falls')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--workers', type=int, default=1, help='processes that make pairs')
    parser.add_argument('--resume', help='checkpoint or .safetensors to start from instead of ImageNet')
    args = parser.parse_args()
    if args.uses > 1 and args.thaw < 1:
        parser.error('--uses needs blocks that stay still: --thaw 1')
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    os.makedirs(args.out, exist_ok=True)
    faces = load(args.faces)
    train = [f for f in faces if f['split'] == 'train']
    watch = fixed([f for f in faces if f['split'] == 'calibration'], args.size, 120, 7)
    queue = mp.Queue(8 * args.workers)
    for worker in range(args.workers):
        mp.Process(target=produce, args=(queue, train, args.size, args.batch, args.seed + 1000 * worker), daemon=True).start()

    net = opened(args.resume) if args.resume else imagenet_detector()[0]
    average = Detector()
    average.load_state_dict(net.state_dict())
    average = average.to(args.device)
    net = net.to(args.device, memory_format=torch.channels_last)
    net.freeze(args.frozen)
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=0.02, betas=(0.9, 0.99))
    labels = torch.cat([torch.zeros(args.batch), torch.ones(args.batch)]).to(args.device)
    start, step, running, next_watch = time.time(), 0, None, 120
    log = open(f'{args.out}/log.jsonl', 'a')
    while (elapsed := time.time() - start) < args.minutes * 60:
        part = elapsed / (args.minutes * 60)
        if part > args.thaw and net.frozen:
            for p in net.parameters():
                p.requires_grad_(True)
            net.frozen = []
        rate = args.rate * min(1, (step + 1) / 60) * fall(part, args.steady) + 1e-6
        for group in optimizer.param_groups:
            group['lr'] = rate
        n = args.batch
        if args.uses == 1:
            out = net(as_input(queue.get()).to(args.device))
        else:
            if step % args.uses == 0:
                with torch.no_grad():
                    seen = net.front(as_input(queue.get()).to(args.device), args.frozen)
                pool = torch.cat([torch.stack([seen[:n], seen[n:]], 1), pool])[:POOL] if step else torch.stack([seen[:n], seen[n:]], 1)
            else:
                seen = pool[torch.randint(len(pool), (n,))].transpose(0, 1).flatten(0, 1)
            out = net.rest(seen.contiguous(memory_format=torch.channels_last), args.frozen)
        loss = F.binary_cross_entropy_with_logits(out, labels * 0.96 + 0.02) + 0.3 * F.softplus(out[:n] - out[n:]).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 3.0)
        optimizer.step()
        step += 1
        follow(average, net, step, EMA)
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if elapsed > next_watch or elapsed + 2 > args.minutes * 60:
            real, fake = (logits(average, images) for images in watch)
            line = {'minutes': round(elapsed / 60, 1), 'step': step, 'loss': round(running, 4), 'auc': round(auc(real, fake), 4),
                    'pairs': round(float((fake > real).mean()), 4), 'rate': rate}
            print(json.dumps(line), flush=True)
            log.write(json.dumps(line) + '\n')
            log.flush()
            save_whole(average, args.out)
            next_watch = elapsed + max(300, 6 * args.minutes)
    save_whole(average, args.out)


if __name__ == '__main__':
    main()
