"""The enhancer as src/models/enhancer.ts has it, and the discriminator that it is trained against."""

import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from shuffling import act, begin, conv3, same

FINE, DEEP, BLOCKS, LARGE = 40, 80, 4, 24


class Enhancer(nn.Module):
    """plates [n, 3, s, s] in 0-1, enlarged to s, and where their pixels lie [n, 2, s / 4, s / 4] in -1-1 -> the same, finer."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleDict({'in': conv3(48 + 2, FINE), 'down': conv3(FINE, DEEP, 2)})
        for i in range(BLOCKS):
            self.convs[f'deep{i}a'] = conv3(DEEP, DEEP)
            self.convs[f'deep{i}b'] = conv3(DEEP, DEEP)
        self.convs['up'] = conv3(DEEP, 4 * FINE)
        self.convs['finea'] = conv3(FINE, FINE)
        self.convs['fineb'] = conv3(FINE, FINE)
        self.convs['large'] = conv3(FINE, 4 * LARGE)
        self.convs['out'] = conv3(LARGE, 12)
        begin(self.convs)

    def forward(self, x, places):
        c = self.convs
        skip = act(c['in'](torch.cat([F.pixel_unshuffle(x, 4), places], 1)))
        y = act(same(skip, c['down']))
        for i in range(BLOCKS):
            y = y + c[f'deep{i}b'](act(c[f'deep{i}a'](y)))
        y = act(skip + F.pixel_shuffle(c['up'](y), 2))
        y = act(y + c['fineb'](act(c['finea'](y))))
        y = act(F.pixel_shuffle(c['large'](y), 2))
        return x + F.pixel_shuffle(c['out'](y), 2)


class Discriminator(nn.Module):
    """faces [n, 3, s, s] in 0-1 -> maps of features, the last one logits of patches."""

    def __init__(self):
        super().__init__()
        widths = [3, 32, 64, 96]
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, 2, 1)) for a, b in zip(widths, widths[1:]))
        self.last = spectral_norm(nn.Conv2d(widths[-1] + 2, 96, 3, 1, 1))
        self.logits = spectral_norm(nn.Conv2d(96, 1, 1))

    def forward(self, x, places):
        y, maps = 2 * x - 1, []
        for layer in self.layers:
            y = F.leaky_relu(layer(y), 0.2)
            maps.append(y)
        y = F.leaky_relu(self.last(torch.cat([y, F.avg_pool2d(places, 2)], 1)), 0.2)
        return maps + [self.logits(y)]
