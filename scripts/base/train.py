"""Trains the base weights of a preset on a GPU: python train.py <folder from faces.ts> <face-api's model folder> <shape.json> <out folder> --seconds N

shape.json: the preset's generator (src/models/presets.ts) and where the recogniser looks, from shape.ts. The place in the schedule is the share of
the time that has gone. Some of the stills, by their names, are never trained on: what the log says of `unseen` is of them, and of the averaged weights those are kept that
do best there. Leaves base.safetensors (float16) and preview.png in the out folder; export.ts makes models/base-<preset>.safetensors of it.
"""

import argparse
import json
import math
import os
import sys
import time

import cv2
import numpy as np
import torch
from safetensors.torch import load_file

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'torch'))
from batches import Batches, sample  # noqa: E402
from faces import Faces  # noqa: E402
from keeping import write_safetensors  # noqa: E402
from losses import blur_matrices, reconstruction  # noqa: E402
from network import base_shapes, encode, from_core, initialise, name_landmarks, render, to_core  # noqa: E402
from recogniser import SIZE, Recogniser  # noqa: E402

IDENTITY, FOLLOW, LANDMARKS = 1, 1, 2  # weights of a face drawn as somebody else, and of what the encoder names
SATURATED = 5  # a sigmoid's input beyond which it hardly passes gradients on: a patch that got there would stay
SWAPS_FROM, AVERAGE_FROM, AVERAGE_POWER = 0.2, 0.3, 9
WARM_UP = 300
LOOK_EVERY, DECIDE_EVERY = 1000, 16


class Base:
    def __init__(self, asked):
        torch.manual_seed(asked.seed)
        torch.set_num_threads(asked.threads)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        self.asked, self.device = asked, asked.device
        given = json.load(open(asked.shape))
        self.shape = given['generator']
        size = self.shape['sizePx']
        self.faces = Faces(asked.faces, size, self.device)
        self.batches = Batches(self.faces, size, self.device, asked.seed)
        self.recogniser = Recogniser(asked.models, self.device)
        framing = given['framing']
        line = (torch.arange(SIZE, device=self.device) + 0.5) / SIZE * framing['scale']
        x, y = line + framing['shiftX'], line + framing['shiftY']
        self.chip = torch.stack(torch.meshgrid(x, y, indexing='xy'), -1)
        self.blurs = blur_matrices(size, self.device)
        if asked.start:
            stored = load_file(asked.start)
            self.weights = {name: from_core(stored[name].float(), self.device) for name in base_shapes(self.shape)}
        else:
            self.weights = initialise(self.shape, self.device)
        self.average = {name: w.detach().clone() for name, w in self.weights.items()}
        self.averaged = 0  # steps that the average has taken in
        self.best = math.inf
        self.optimizer = torch.optim.Adam(self.weights.values(), lr=asked.rate, betas=(0.9, 0.99), fused=self.device != 'cpu')

    def own(self, batch, weights):
        """The batch's faces drawn as themselves: their map, what was drawn, and its loss."""
        grid, named = encode(batch['warped'], weights, self.shape)
        drawn, logits = render(grid, weights, self.shape, batch['descriptors'], self.faces.mean)
        loss = reconstruction(drawn, batch['faces'], batch['masks'], batch['accents'], self.blurs)
        stuck = (logits[:, :3].abs() - SATURATED).relu().mean()
        return grid, drawn[0], {'own': loss, 'landmarks': (named - batch['landmarks']).abs().mean(), 'stuck': stuck}

    def others(self, grid, batch, weights, count):
        """The first `count` faces drawn as the last `count` people."""
        people = batch['descriptors'][-count:]
        (rgb, _), _ = render(grid[:count], weights, self.shape, people, self.faces.mean)
        seen = self.recogniser(sample(rgb, self.chip.expand(count, -1, -1, -1)))
        still = {name: w.detach() for name, w in weights.items()}
        named = name_landmarks(rgb, still, self.shape)
        follow = (named - batch['landmarks'][:count]).abs().mean()
        return rgb, {'identity': (seen - people).square().sum(1).mean(), 'follow': follow}

    def step(self, share, at):
        rate = self.asked.rate * min(1, (at + 1) / WARM_UP) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * max(0, (share - 0.4) / 0.6))))
        for group in self.optimizer.param_groups:
            group['lr'] = rate
        batch = self.batches.draw(self.asked.batch)
        grid, _, parts = self.own(batch, self.weights)
        loss = parts['own'] + LANDMARKS * parts['landmarks'] + parts['stuck']
        if share >= SWAPS_FROM:
            _, more = self.others(grid, batch, self.weights, self.asked.batch * 3 // 8)
            parts.update(more)
            loss = loss + IDENTITY * more['identity'] + FOLLOW * more['follow']
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights.values(), 1.0, foreach=True)
        self.optimizer.step()
        return {name: value.detach() for name, value in parts.items()}

    def follow(self, share):
        """The running average takes in a step; until it begins it is the weights themselves."""
        if share >= AVERAGE_FROM:
            self.averaged += 1
        keep = (1 - 1 / max(1, self.averaged)) ** AVERAGE_POWER
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), [w.detach() for w in self.weights.values()], 1 - keep)

    @torch.no_grad()
    def unseen(self):
        """Losses of the averaged weights on the faces that are held out."""
        batch = self.batches.look(self.faces.held, 0, False)
        grid, _, parts = self.own(batch, self.average)
        batch['descriptors'] = batch['descriptors'].roll(1, 0)
        parts.update(self.others(grid, batch, self.average, len(self.faces.held))[1])
        return {name: float(value) for name, value in parts.items()}

    def judge(self, step):
        """What `unseen` says; keeps the averaged weights where they have never been better."""
        said = self.unseen()
        total = said['own'] + LANDMARKS * said['landmarks'] + IDENTITY * said['identity'] + FOLLOW * said['follow']
        if total < self.best:
            self.best = total
            self.kept = step, {name: w.clone() for name, w in self.average.items()}
        return rounded(said)

    @torch.no_grad()
    def preview(self, path, count=12):
        """A picture: held-out faces, the same drawn as themselves, and each drawn as the one before it."""
        batch = self.batches.look(self.faces.held[:count], 0, False)
        grid, rgb, _ = self.own(batch, self.average)
        batch['descriptors'] = batch['descriptors'].roll(1, 0)
        rows = [batch['faces'], rgb, self.others(grid, batch, self.average, count)[0]]
        tiles = [torch.cat(list(row), 2).permute(1, 2, 0) for row in rows]
        picture = (torch.cat(tiles).clamp(0, 1) * 255).round().byte().cpu().numpy()
        cv2.imwrite(path, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))

    def save(self):
        step, self.average = self.kept
        weights = {name: to_core(self.average[name]).astype(np.float16) for name in base_shapes(self.shape)}
        weights['style.mean'] = to_core(self.faces.mean).astype(np.float16)
        path = os.path.join(self.asked.out, 'base.safetensors')
        write_safetensors(f'{path}.part', weights, {'step': str(step)})
        os.replace(f'{path}.part', path)
        self.preview(os.path.join(self.asked.out, 'preview.png'))

    def train(self):
        start, at, sums = time.monotonic(), 0, {}
        share, since = 0.0, start
        while share < 1:
            for name, value in self.step(share, at).items():
                sums.setdefault(name, []).append(value)
            at += 1
            self.follow(share)
            if at % DECIDE_EVERY == 0:  # steps are only asked for ahead of the GPU in between
                if self.device != 'cpu':
                    torch.cuda.synchronize()
                share = (time.monotonic() - start) / self.asked.seconds
            if at % self.asked.look_every == 0:
                means = {name: float(torch.stack(values).mean()) for name, values in sums.items()}
                print(json.dumps({'step': at, 'share': round(share, 3), 'ms': round((time.monotonic() - since) * 1000 / self.asked.look_every, 1),
                                  'seen': rounded(means), 'unseen': self.judge(at)}), flush=True)
                sums, since = {}, time.monotonic()
        print(json.dumps({'step': at, 'share': round(share, 3), 'unseen': self.judge(at)}), flush=True)
        self.save()
        print(json.dumps({'kept': self.kept[0]}), flush=True)


def rounded(values):
    return {name: round(value, 4) for name, value in values.items()}


def main():
    parser = argparse.ArgumentParser()
    for name in ('faces', 'models', 'shape', 'out'):
        parser.add_argument(name)
    parser.add_argument('--seconds', type=float, required=True)
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--rate', type=float, default=5e-4)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--look-every', type=int, default=LOOK_EVERY)
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--start', help='base.safetensors to begin with, instead of random weights')
    asked = parser.parse_args()
    os.makedirs(asked.out, exist_ok=True)
    Base(asked).train()


if __name__ == '__main__':
    main()
