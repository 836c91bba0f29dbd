"""Trains the detector: python train.py faces.jsonl out-folder [--minutes 40] [--size 224] [--resume last.pt or detector.safetensors]
On a graphics card: … --device cuda --workers 14 --seconds 480 --batch 32 --frozen 0 --uses 4 --average 0.999 --snapshots 0.5,0.75,1

One thread for the network and one process for the pairs, unless told otherwise. A card waits for the pairs, of which a processor's core makes 8 to 10 a second: with `--uses` each is learnt from several times,
by blocks that stay still from what these made of it, and else a little elsewhere and in a little other light each time. The rate follows the clock, so that it ends at nothing however fast the machine is.
The checkpoint holds the running average of the weights.
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
from pool import ROOM, Pool, seen_anew

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import learn, save_whole

POOL, LARGE_POOL = 480, 6000  # pairs kept for `--uses`: in memory, on a card


def produce(queue, faces, size, batch, seed, room):
    cv2.setNumThreads(1)
    for images in stream(faces, size, batch, seed, room=room):
        queue.put(images)


def as_input(images):
    x = images.permute(0, 3, 1, 2).float().sub_(127).div_(128)
    return x.contiguous(memory_format=torch.channels_last)


def logits(net, images, batch=32):
    net.eval()
    with torch.no_grad():
        where = next(net.parameters()).device
        return torch.cat([net(as_input(torch.from_numpy(images[i : i + batch])).to(where)).cpu() for i in range(0, len(images), batch)]).numpy()


def fall(part, steady):
    return 1 if part < steady else 0.5 + 0.5 * math.cos(math.pi * (part - steady) / (1 - steady))


def quickest_layout(net, count, size):
    """The memory format in which a graphics card takes a step in the least time."""
    device, taken = next(net.parameters()).device, {}
    for layout in (torch.contiguous_format, torch.channels_last):
        net.to(memory_format=layout)
        for turn in range(6):
            if turn == 2:
                torch.cuda.synchronize()
                start = time.time()
            net(torch.zeros(count, 3, size, size, device=device).contiguous(memory_format=layout)).sum().backward()
        torch.cuda.synchronize()
        taken[layout] = (time.time() - start) / 4
    net.zero_grad(set_to_none=True)
    print(json.dumps({'seconds a step': {str(k): round(v, 4) for k, v in taken.items()}}), flush=True)
    return min(taken, key=taken.get)


def halved(net):
    """For keeping by the way: the convolutions as float16, norms as they are."""
    return {k: v.half() if v.ndim == 4 else v for k, v in net.state_dict().items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('faces')
    parser.add_argument('out')
    parser.add_argument('--minutes', type=float, default=40)
    parser.add_argument('--seconds', type=float, help='instead of --minutes, reading the faces and everything else included')
    parser.add_argument('--every', type=float, help='seconds from one line of the log to the next')
    parser.add_argument('--splits', default='train', help='whose faces are learnt from: train, or train,test where the test is another')
    parser.add_argument('--average', type=float, default=0.996, help='what the running average of the weights keeps of itself each step')
    parser.add_argument('--snapshots', default='', help='shares of the time at which the average is kept, as at-<percent>.pt: 0.5,1')
    parser.add_argument('--size', type=int, default=224)
    parser.add_argument('--batch', type=int, default=12, help='pairs')
    parser.add_argument('--rate', type=float, default=4e-4)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--frozen', type=int, default=3, help='blocks kept still until --thaw')
    parser.add_argument('--thaw', type=float, default=0.5, help='share of the time after which all learn; a step costs twice as much from there on')
    parser.add_argument('--uses', type=int, default=1, help='steps that a pair is in at most, where making pairs is what takes the time')
    parser.add_argument('--steady', type=float, default=0.3, help='share of the time before the rate falls')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--workers', type=int, default=1, help='processes that make pairs')
    parser.add_argument('--resume', help='checkpoint or .safetensors to start from instead of ImageNet')
    args = parser.parse_args()
    still = args.frozen > 0 and args.thaw >= 1  # then what those blocks make of a pair is kept, and else the pair
    if args.uses > 1 and args.frozen > 0 and not still:
        parser.error('--uses needs blocks that stay still, or none: --thaw 1 or --frozen 0')
    start = time.time()
    whole = args.seconds or args.minutes * 60
    every = args.every or max(300, 0.1 * whole)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    os.makedirs(args.out, exist_ok=True)
    faces = load(args.faces)
    learnt = [f for f in faces if f['split'] in args.splits.split(',')]
    room = ROOM if args.uses > 1 and not still else 0
    queue = mp.Queue(8 * args.workers)
    for worker in range(args.workers):
        mp.Process(target=produce, args=(queue, learnt, args.size, min(12, args.batch) if args.uses > 1 else args.batch, args.seed + 1000 * worker, room), daemon=True).start()
    watch = fixed([f for f in faces if f['split'] == 'calibration'], args.size, 120, 7)

    net = opened(args.resume) if args.resume else imagenet_detector()[0]
    average = Detector()
    average.load_state_dict(net.state_dict())
    layout, on_card = torch.channels_last, args.device != 'cpu'
    if on_card:
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
        layout = quickest_layout(net.to(args.device), 2 * args.batch, args.size)
    average = average.to(args.device, memory_format=layout)
    net = net.to(args.device, memory_format=layout)
    net.freeze(args.frozen)
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=0.02, betas=(0.9, 0.99), fused=on_card)
    n, made, pool = args.batch, 0, Pool(LARGE_POOL if on_card else POOL)
    labels = torch.cat([torch.zeros(n), torch.ones(n)]).to(args.device)
    step, running, next_watch = 0, None, time.time() - start + min(every, 120)
    snapshots = sorted(float(share) for share in args.snapshots.split(',') if share)
    log = open(f'{args.out}/log.jsonl', 'a')

    def received(images):
        """A worker's pairs, as the pool keeps them: [n, 2, …]."""
        images = images.to(args.device)
        if still and args.uses > 1:
            with torch.no_grad():
                images = net.front(as_input(images), args.frozen)
        return images.unflatten(0, (2, -1)).transpose(0, 1)

    def report(rate):
        began = time.time()
        real, fake = (logits(average, images, 120) for images in watch)
        line = {'seconds': round(began - start), 'step': step, 'made': made, 'loss': None if running is None else round(running.item(), 4), 'auc': round(auc(real, fake), 4),
                'pairs': round(float((fake > real).mean()), 4), 'rate': round(rate, 7)}
        print(json.dumps(line), flush=True)
        log.write(json.dumps(line) + '\n')
        log.flush()
        if not snapshots:
            save_whole(average, args.out)
        return 1.5 * (time.time() - began) + 1

    spare = 5
    while (elapsed := time.time() - start) < whole - spare:
        part = elapsed / whole
        if part > args.thaw and net.frozen:
            for p in net.parameters():
                p.requires_grad_(True)
            net.frozen = []
        rate = args.rate * min(1, (step + 1) / 60) * fall(part, args.steady) + 1e-6
        for group in optimizer.param_groups:
            group['lr'] = rate
        taken = 0
        # as many pairs as `--uses` asks for, and those that wait already
        while made < max(n, (step + 1) * n / args.uses) or (args.uses > 1 and taken < 4 and not queue.empty()):
            fresh = received(torch.from_numpy(queue.get(timeout=300)))
            pool.add(fresh)
            made, taken = made + len(fresh), taken + 1
        pairs = pool.draw(n) if args.uses > 1 else pool.latest(n)
        if still and args.uses > 1:
            out = net.rest(pairs.transpose(0, 1).flatten(0, 1).contiguous(memory_format=layout), args.frozen)
        else:
            seen = seen_anew(pairs) if room else pairs.float().movedim(-1, 2)
            out = net(seen.transpose(0, 1).flatten(0, 1).sub(127).div(128).contiguous(memory_format=layout))
        loss = F.binary_cross_entropy_with_logits(out, labels * 0.96 + 0.02) + 0.3 * F.softplus(out[:n] - out[n:]).mean()
        step += 1
        learn(loss, net, average, optimizer, step, clip=3.0, most=args.average)
        running = loss.detach() if running is None else running.lerp(loss.detach(), 0.02)
        if elapsed > next_watch:
            spare, next_watch = report(rate), elapsed + every
        if snapshots and part > snapshots[0] and snapshots[0] < 1:
            torch.save(halved(average), f'{args.out}/at-{round(100 * snapshots.pop(0))}.pt')
    report(rate)
    if snapshots:
        torch.save(halved(average), f'{args.out}/at-100.pt')
    else:
        save_whole(average, args.out)


if __name__ == '__main__':
    main()
