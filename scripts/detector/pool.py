"""Pairs kept to learn from more than once, where making them takes longer than learning from them."""

import torch

ROOM = 8  # px around the crop, so that it can lie elsewhere each time


class Pool:
    """The latest `most` pairs: tensors [n, 2, …], the real one first."""

    def __init__(self, most):
        self.most, self.kept, self.at, self.count = most, None, 0, 0

    def add(self, pairs):
        if self.kept is None:
            self.kept = torch.empty((self.most, *pairs.shape[1:]), dtype=pairs.dtype, device=pairs.device)
        self.kept[(self.at + torch.arange(len(pairs), device=pairs.device)) % self.most] = pairs
        self.at, self.count = (self.at + len(pairs)) % self.most, min(self.most, self.count + len(pairs))

    def latest(self, count):
        return self.kept[(self.at - count + torch.arange(count, device=self.kept.device)) % self.most]

    def draw(self, count):
        return self.kept[torch.randint(self.count, (count,), device=self.kept.device)]


def seen_anew(pairs):
    """uint8 [n, 2, side, side, 3] with ROOM around → float [n, 2, 3, …] in 0–255: a little elsewhere, in a little other light, perhaps mirrored; both of a pair alike."""
    n, size, device = len(pairs), pairs.shape[2] - 2 * ROOM, pairs.device
    along = torch.arange(size, device=device)
    rows, columns = (torch.randint(2 * ROOM + 1, (n, 1), device=device) + along for _ in 'yx')
    columns = torch.where(torch.rand(n, 1, device=device) < 0.5, columns, columns.flip(1))
    at = torch.arange(n, device=device)[:, None, None]
    pictures = pairs.transpose(1, 2).transpose(2, 3)[at, rows[:, :, None], columns[:, None]]  # [n, side, side, 2, 3]
    light = [torch.rand(n, 1, 1, 1, 3, device=device) * 2 - 1 for _ in 'ab']
    return (pictures.float() * (1 + 0.08 * light[0]) + 6 * light[1]).clamp(0, 255).permute(0, 3, 4, 1, 2)
